package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

final class RoundingTest {

  @Property
  void a_backlog_is_rounded_down_to_two_digits_and_never_to_nothing(
      @ForAll @LongRange(min = 0, max = Long.MAX_VALUE / 2) long events) {
    long rounded = Rounding.events(events);
    assertThat(rounded).isLessThanOrEqualTo(events).isGreaterThan(events - events / 10 - 1);
    assertThat(rounded == 0).isEqualTo(events == 0);
  }

  @Example
  void ages_are_in_steps_that_few_writes_follow() {
    assertThat(Rounding.age(9)).isEqualTo("0s");
    assertThat(Rounding.age(59)).isEqualTo("50s");
    assertThat(Rounding.age(119)).isEqualTo("1m");
    assertThat(Rounding.age(7200)).isEqualTo("2h");
  }
}
