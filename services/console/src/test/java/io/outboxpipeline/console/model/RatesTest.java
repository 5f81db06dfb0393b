package io.outboxpipeline.console.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.ask.Samples;
import io.outboxpipeline.console.ask.ServiceClient.Metered;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RatesTest {
  private final Rates rates = new Rates();

  /** What services say at a second; -1 for one that is away. */
  private void at(double second, double... counters) {
    List<Metered> all =
        Arrays.stream(counters)
            .boxed()
            .map(
                value ->
                    new Metered(
                        new Endpoint(
                            URI.create("http://s" + index(counters, value)), Optional.empty()),
                        value < 0
                            ? Optional.empty()
                            : Optional.of(Samples.parse("sent_total{a=\"b c\"} " + value)),
                        ""))
            .toList();
    rates.add((long) (second * 1e9), all);
  }

  private static int index(double[] all, double value) {
    int index = 0;
    while (all[index] != value) {
      index++;
    }
    return index;
  }

  @Test
  void a_rate_is_of_the_last_ten_seconds_over_all_services() {
    at(0, 100, 1000);
    assertThat(rates.perSecond("sent_total")).isEmpty();
    at(1, 110, 1020);
    assertThat(rates.perSecond("sent_total")).hasValue(30);
    for (int second = 2; second <= 30; second++) {
      at(second, 110 + second, 1020 + second);
    }
    assertThat(rates.perSecond("sent_total")).hasValue(2);
    assertThat(rates.perSecond("other_total")).isEmpty();
  }

  @Test
  void one_that_restarts_or_is_away_is_left_out() {
    at(0, 100, 1000);
    at(1, 3, 1010);
    assertThat(rates.perSecond("sent_total")).hasValue(10);
    at(2, -1, 1020);
    assertThat(rates.perSecond("sent_total")).hasValue(10);
  }

  @Test
  void what_was_read_long_ago_says_nothing_of_now() {
    at(0, 100, 1000);
    at(3600, 100_000, 1_000_000);
    assertThat(rates.perSecond("sent_total")).isEmpty();
  }
}
