package io.outboxpipeline.runtime;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * How long to wait after the n-th failure in a row: half to all of a time that doubles each time,
 * so that those who failed together don't come back together. Thread-safe.
 *
 * @param first the time of the first failure
 * @param longest beyond which it does not grow
 */
public record Backoff(Duration first, Duration longest) {

  /** What to wait, given that this many failures came in a row, the last one included. */
  public Duration after(int failures) {
    return after(failures, ThreadLocalRandom.current());
  }

  /** As {@link #after(int)}, drawn by a generator of the caller's. */
  public Duration after(int failures, RandomGenerator random) {
    long full = Math.min(longest.toNanos(), first.toNanos() << Math.clamp(failures - 1, 0, 20));
    return Duration.ofNanos(random.nextLong(full / 2, full + 1));
  }
}
