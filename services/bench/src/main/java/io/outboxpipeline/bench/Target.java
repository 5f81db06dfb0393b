package io.outboxpipeline.bench;

import java.util.List;
import java.util.Optional;

/**
 * What a figure, or a figure as a multiple of another one, should be.
 *
 * @param number of the target
 * @param figure as {@code scenario/figure}
 * @param of the figure that it is a multiple of, as {@code scenario/figure}
 */
record Target(
    int number,
    String what,
    String figure,
    Optional<String> of,
    Comparison comparison,
    double bound) {

  enum Comparison {
    AT_LEAST("≥"),
    AT_MOST("≤");

    final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }

    boolean holds(double value, double bound) {
      return this == AT_LEAST ? value >= bound : value <= bound;
    }
  }

  static final List<Target> ALL =
      List.of(
          share(1, "drain, of the database's limit", "drain/rate", "database-limit/rate", 0.5),
          share(1, "drain, times the hand-written relay", "drain/rate", "hand-written/rate", 20),
          atLeast(2, "drain at 8 ms, events/s", "drain-8ms/rate", 10_000),
          atLeast(3, "one hot aggregate at 8 ms, events/s", "hot/rate", 5_000),
          atMost(10, "CPU s/1,000 events at drain", "drain/cpu", 0.05),
          atMost(10, "MiB of the relay at drain", "drain/rss", 256));

  boolean holds(double value) {
    return comparison.holds(value, bound);
  }

  private static Target share(int number, String what, String figure, String of, double bound) {
    return new Target(number, what, figure, Optional.of(of), Comparison.AT_LEAST, bound);
  }

  private static Target atLeast(int number, String what, String figure, double bound) {
    return new Target(number, what, figure, Optional.empty(), Comparison.AT_LEAST, bound);
  }

  private static Target atMost(int number, String what, String figure, double bound) {
    return new Target(number, what, figure, Optional.empty(), Comparison.AT_MOST, bound);
  }
}
