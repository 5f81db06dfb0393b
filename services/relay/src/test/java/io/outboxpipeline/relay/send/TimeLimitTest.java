package io.outboxpipeline.relay.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class TimeLimitTest {

  @Test
  @Timeout(10)
  void a_call_that_takes_too_long_is_interrupted_and_what_follows_is_not() {
    try (var limit = new TimeLimit(Duration.ofMillis(50))) {
      boolean interrupted = limit.call(TimeLimitTest::waitForAnInterrupt);

      assertThat(interrupted).isTrue();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  @Test
  void a_call_in_time_is_left_alone_also_after_it_ended() throws InterruptedException {
    try (var limit = new TimeLimit(Duration.ofMillis(50))) {
      assertThat(limit.<String>call(() -> "done")).isEqualTo("done");

      // Throws if an interrupt comes late.
      Thread.sleep(150);
    }
  }

  @Test
  @Timeout(10)
  void an_interrupt_that_the_call_swallowed_does_not_reach_what_follows() {
    try (var limit = new TimeLimit(Duration.ofMillis(50))) {
      var seen = new AtomicBoolean();
      limit.call(
          () -> {
            while (!Thread.currentThread().isInterrupted()) {
              Thread.onSpinWait();
            }
            seen.set(true);
            return "ignored it";
          });

      assertThat(seen).isTrue();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }

  private static boolean waitForAnInterrupt() {
    try {
      new CountDownLatch(1).await();
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
