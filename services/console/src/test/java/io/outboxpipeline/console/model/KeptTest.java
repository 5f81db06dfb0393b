package io.outboxpipeline.console.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class KeptTest {
  private long now = -5;

  @Test
  void an_answer_is_asked_for_again_when_it_is_too_old() {
    var asked = new AtomicInteger();
    var kept = new Kept<>(asked::incrementAndGet, Duration.ofNanos(10), () -> now);
    assertThat(kept.get()).isEqualTo(1);
    now += 9;
    assertThat(kept.get()).isEqualTo(1);
    now += 1;
    assertThat(kept.get()).isEqualTo(2);
    assertThat(kept.get()).isEqualTo(2);
  }
}
