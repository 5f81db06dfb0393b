package io.outboxpipeline.relay;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait after the n-th failure in a row: a random part of a time that doubles from 100
 * ms to 20 s, at least 50 ms ("full jitter", so that many relays do not come back at once).
 */
final class Backoff {
  private static final long FIRST = Duration.ofMillis(100).toNanos();
  private static final long LAST = Duration.ofSeconds(20).toNanos();
  private static final long LEAST = Duration.ofMillis(50).toNanos();

  private Backoff() {}

  /** Nanoseconds to wait, given that this many failures came in a row, the last one included. */
  static long nanos(int failures, RandomGenerator random) {
    long most = Math.min(LAST, FIRST << Math.clamp(failures - 1, 0, 10));
    return LEAST + random.nextLong(most);
  }
}
