package io.outboxpipeline.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.receiver.MessageQueue.Facts;
import io.outboxpipeline.receiver.RedrivePolicy.Target;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;

final class QueueFactsTest {
  private static final long LONG_AGO = System.nanoTime() - TimeUnit.MINUTES.toNanos(2);

  private static Facts facts(String url, long readAt) {
    return new Facts(url, Duration.ofSeconds(30), Optional.empty(), readAt);
  }

  @Test
  void old_facts_are_served_while_new_ones_are_looked_for() {
    var asked = new AtomicInteger();
    var answer = new CountDownLatch(1);
    var queue =
        new QueueFacts(
            () -> {
              if (asked.incrementAndGet() == 1) {
                return facts("first", LONG_AGO);
              }
              awaited(answer);
              return facts("second", System.nanoTime());
            },
            Thread::new);
    assertThat(queue.get().url()).isEqualTo("first");
    for (int i = 0; i < 5; i++) {
      assertThat(queue.get().url()).as("nobody waits").isEqualTo("first");
    }
    answer.countDown();
    await().untilAsserted(() -> assertThat(queue.get().url()).isEqualTo("second"));
    assertThat(asked).as("one look for all").hasValue(2);
  }

  @Test
  void a_look_that_fails_leaves_what_was_known() {
    var asked = new AtomicInteger();
    var queue =
        new QueueFacts(
            () -> {
              if (asked.incrementAndGet() > 1) {
                throw SdkClientException.create("no answer");
              }
              return facts("first", LONG_AGO);
            },
            Thread::new);
    queue.get();
    await()
        .untilAsserted(
            () -> {
              assertThat(queue.get().url()).isEqualTo("first");
              assertThat(asked.get()).isGreaterThan(2);
            });
  }

  @Test
  void after_a_failed_request_the_queue_is_asked_before_it_is_believed() {
    var asked = new AtomicInteger();
    var queue =
        new QueueFacts(
            () -> {
              if (asked.incrementAndGet() == 2) {
                throw SdkClientException.create("no answer");
              }
              return facts("there", System.nanoTime());
            },
            Thread::new);
    assertThat(queue.confirmed().url()).isEqualTo("there");
    assertThat(queue.confirmed().url()).isEqualTo("there");
    assertThat(asked).hasValue(1);
    queue.doubt();
    assertThatThrownBy(queue::confirmed).isInstanceOf(SdkClientException.class);
    assertThat(queue.get().url()).as("work in hand goes on with it").isEqualTo("there");
    assertThat(queue.confirmed().url()).isEqualTo("there");
  }

  @Test
  void a_dead_letter_queue_is_told_by_its_account_and_name() {
    assertThat(
            RedrivePolicy.target(
                "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:123456789012:dead.fifo\",\"maxReceiveCount\":5}"))
        .hasValue(new Target("123456789012", "dead.fifo"));
    assertThat(
            RedrivePolicy.target(
                "{\"deadLetterTargetArn\":\"arn:aws-cn:sqs:cn-north-1:123456789012:dead\"}"))
        .hasValue(new Target("123456789012", "dead"));
    for (String policy : new String[] {"", "{}", "dead", "{\"deadLetterTargetArn\":\"dead\"}"}) {
      assertThat(RedrivePolicy.target(policy)).as(policy).isEmpty();
    }
  }

  @Test
  void a_queue_that_gives_messages_up_after_few_receives_is_warned_of_once() {
    var few = new FewReceives();
    assertThat(few.look(null)).isFalse();
    assertThat(few.look("{\"maxReceiveCount\":5}")).isFalse();
    assertThat(few.look("{\"maxReceiveCount\":\"2\"}")).isTrue();
    assertThat(few.look("{\"maxReceiveCount\":2}")).isFalse();
    assertThat(few.look("{\"maxReceiveCount\":1}")).isTrue();
    assertThat(few.look("dead")).isFalse();
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
