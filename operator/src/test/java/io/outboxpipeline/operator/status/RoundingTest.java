package io.outboxpipeline.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class RoundingTest {

  @ParameterizedTest
  @SeedSource(ci = 400, full = 1_000)
  void a_backlog_is_rounded_down_to_two_digits_and_never_to_nothing(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(
        random -> {
          long events = Draw.number(random, 0, Long.MAX_VALUE);
          long rounded = Rounding.events(events);
          assertThat(rounded).isLessThanOrEqualTo(events).isGreaterThan(events - events / 10 - 1);
          assertThat(rounded == 0).isEqualTo(events == 0);
          assertThat(Long.toString(rounded)).matches("[0-9]{1,2}0*");
        });
  }

  @Test
  void ages_are_in_steps_that_few_writes_follow() {
    assertThat(Rounding.age(9)).isEqualTo("0s");
    assertThat(Rounding.age(59)).isEqualTo("50s");
    assertThat(Rounding.age(119)).isEqualTo("1m");
    assertThat(Rounding.age(7200)).isEqualTo("2h");
  }
}
