package io.outboxpipeline.runtime;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

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
    long full = Math.min(longest.toNanos(), first.toNanos() << Math.clamp(failures - 1, 0, 20));
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(full / 2, full + 1));
  }
}
