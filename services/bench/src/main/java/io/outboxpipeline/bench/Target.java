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
    AT_MOST("≤"),
    /** Neither more nor less than once, by this share. */
    WITHIN("1 ±");

    final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }

    boolean holds(double value, double bound) {
      return switch (this) {
        case AT_LEAST -> value >= bound;
        case AT_MOST -> value <= bound;
        case WITHIN -> Math.abs(value - 1) <= bound;
      };
    }
  }

  static final List<Target> ALL =
      List.of(
          share(1, "drain, of the database's limit", "drain/rate", "database-limit/rate", 0.5),
          share(1, "drain, times the hand-written relay", "drain/rate", "hand-written/rate", 20),
          atLeast(2, "drain at 8 ms, events/s", "drain-8ms/rate", 10_000),
          atLeast(3, "one hot aggregate at 8 ms, events/s", "hot/rate", 5_000),
          new Target(
              3,
              "p99 of cold aggregates beside a hot one, × without",
              "cold-hot/p99",
              Optional.of("cold/p99"),
              Comparison.AT_MOST,
              2),
          atMost(4, "ms, p50 at 500/s with the binary log", "steady-wake-up/p50", 2.5),
          atMost(4, "ms, p99 at 500/s with the binary log", "steady-wake-up/p99", 10),
          atMost(4, "% of a core, idle, with the binary log", "steady-wake-up/idle-core", 1),
          atMost(4, "ms, first event, with the binary log", "steady-wake-up/first-max", 5),
          atMost(4, "ms, p50 at 500/s by default", "steady/p50", 6),
          atMost(4, "ms, p99 at 500/s by default", "steady/p99", 25),
          atMost(4, "ms, first event by default", "steady/first-max", 60),
          atMost(4, "ms, p50 at 500/s by polling alone", "steady-poll/p50", 6),
          atMost(4, "ms, p99 at 500/s by polling alone", "steady-poll/p99", 25),
          atMost(4, "ms, first event by polling alone", "steady-poll/first-max", 60),
          within(
              5,
              "last tenth of a large backlog, × the first",
              "backlog/last",
              "backlog/first",
              0.05),
          within(
              5,
              "backlog of 10,000, × the large one's first",
              "backlog/small",
              "backlog/first",
              0.05),
          share(5, "with a snapshot held, × without", "backlog-snapshot/rate", "backlog/rate", 0.8),
          atMost(6, "statements/s of an idle relay", "steady/statements", 20),
          atMost(6, "% of a core of an idle relay", "steady/idle-core", 1),
          atMost(7, "s, stall after a crash", "crash/stall", 3),
          atMost(7, "s, stall after a hang", "hang/stall", 18),
          atMost(7, "ms, p99 of planned moves", "scaling/stall-p99", 200),
          atMost(7, "events sent twice while scaling", "scaling/duplicates", 0),
          share(8, "POST, of the same without outbox rows", "post/rate", "post-without/rate", 0.85),
          atLeast(8, "append, of the same without an event", "append/append-share", 0.65),
          atLeast(9, "consumer, packed, events/s", "consume-packed/rate", 10_000),
          atLeast(9, "consumer, unpacked, events/s", "consume/rate", 3_000),
          atMost(10, "CPU s/1,000 events at drain", "drain/cpu", 0.05),
          atMost(10, "MiB of the relay at drain", "drain/rss", 256),
          atMost(10, "s, start of the base", "start-base/plain", 3),
          atMost(10, "s, start of a relay", "start-relay/plain", 3),
          atMost(10, "s, start of a consumer", "start-consumer/plain", 3));

  boolean holds(double value) {
    return comparison.holds(value, bound);
  }

  private static Target share(int number, String what, String figure, String of, double bound) {
    return new Target(number, what, figure, Optional.of(of), Comparison.AT_LEAST, bound);
  }

  private static Target within(int number, String what, String figure, String of, double bound) {
    return new Target(number, what, figure, Optional.of(of), Comparison.WITHIN, bound);
  }

  private static Target atLeast(int number, String what, String figure, double bound) {
    return new Target(number, what, figure, Optional.empty(), Comparison.AT_LEAST, bound);
  }

  private static Target atMost(int number, String what, String figure, double bound) {
    return new Target(number, what, figure, Optional.empty(), Comparison.AT_MOST, bound);
  }
}
