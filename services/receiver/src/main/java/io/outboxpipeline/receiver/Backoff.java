package io.outboxpipeline.receiver;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Half to all of a time that doubles with each failure in a row, from 0.2 s up to 30 s. */
final class Backoff {
  private static final long FIRST = Duration.ofMillis(200).toNanos();
  private static final long LONGEST = Duration.ofSeconds(30).toNanos();
  private static final int MOST_DOUBLINGS = 20;

  private Backoff() {}

  /** What to wait, given that this many failures came in a row, the last one included. */
  static Duration after(int failures) {
    long full = Math.min(LONGEST, FIRST << Math.min(failures - 1, MOST_DOUBLINGS));
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(full / 2, full + 1));
  }
}
