package io.outboxpipeline.consumer;

import static io.outboxpipeline.consumer.Pipe.event;
import static io.outboxpipeline.consumer.Pipe.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.FaultySqs.Faults;
import io.outboxpipeline.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;

final class VisibilityIT {

  @Test
  void messages_in_hand_stay_hidden_though_some_requests_fail() throws Exception {
    var runs = new AtomicInteger();
    var inHand = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var spending = new SpendingHandler();
    EventHandler slow =
        (tx, run) -> {
          runs.incrementAndGet();
          inHand.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          spending.apply(tx, run);
        };
    try (var sqs = EmbeddedSqs.start(0);
        var faulty = new FaultySqs(sqs.endpoint());
        var pipe = Pipe.of(sqs, TestDatabase.preferred().create(), false, 12, 5)) {
      var here = pipe.settingsHere();
      var through =
          new ConsumerSettings(
              here.server(),
              here.mysql(),
              new SqsSettings(
                  here.sqs().queue(),
                  here.sqs().deadLetterQueue(),
                  Optional.of(faulty.endpoint()),
                  here.sqs().region(),
                  here.sqs().credentials()),
              true,
              1,
              here.pollWait(),
              here.start());
      pipe.started(ConsumerService.start(through, slow));
      pipe.send(event("alice", 1));
      inHand.await();
      int before = faulty.injected();
      faulty.set(new Faults(1, 0, 0));
      // The first extension, when half of the time is over, with all the SDK's attempts, and then
      // some.
      List<Message> seen = new ArrayList<>();
      await()
          .atMost(Duration.ofSeconds(40))
          .until(
              () -> {
                seen.addAll(pipe.receive(0));
                return faulty.injected() >= before + 5;
              });
      faulty.set(Faults.NONE);
      seen.addAll(pipe.receive(18));
      assertThat(seen).as("hidden for longer than the time-out").isEmpty();
      goOn.countDown();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(pipe.applied("alice")).isEqualTo(numbers(1, 1)));
      assertThat(runs).hasValue(1);
    }
  }
}
