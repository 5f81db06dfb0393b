package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.runtime.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait for what, in nanoseconds.
 *
 * @param idle between two looks at a part of the index in which nothing new waits
 * @param random spreads those that follow failures and looks
 */
record Pauses(long idle, RandomGenerator random) {
  private static final long BUSY = Duration.ofMillis(25).toNanos();
  private static final long LEAST = Duration.ofMillis(1).toNanos();
  private static final long LONGEST = Duration.ofSeconds(1).toNanos();

  private static final Backoff FAILURES =
      new Backoff(Duration.ofMillis(50), Duration.ofSeconds(20));

  /** Each look at an item pays for all of it. */
  private static final Backoff LOOKS = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(30));

  /** After a pass that found something new. */
  long busy() {
    return Math.min(BUSY, idle);
  }

  long least() {
    return LEAST;
  }

  long longest() {
    return LONGEST;
  }

  /** Before the next attempt, given so many failures in a row. */
  long afterFailures(int failures) {
    return FAILURES.after(failures, random).toNanos();
  }

  /** Before an item that is held is looked at for the n-th time. */
  long look(int n) {
    return LOOKS.after(n, random).toNanos();
  }
}
