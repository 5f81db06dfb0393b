package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackoffTest {

  @ParameterizedTest
  @CsvSource({"1, 100", "2, 200", "5, 1600", "8, 10000", "1000, 10000"})
  void the_pause_doubles_up_to_the_longest_and_at_least_half_of_it_is_waited(
      int failures, long full) {
    var backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));
    for (int i = 0; i < 100; i++) {
      assertThat(backoff.after(failures))
          .isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
    }
  }
}
