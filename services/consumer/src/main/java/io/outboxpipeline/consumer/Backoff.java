package io.outboxpipeline.consumer;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait after the nth failure in a row: doubling, bounded, with jitter. */
final class Backoff {
  private static final long FIRST_MILLIS = 200;

  private final Duration longest;
  private int failures;

  Backoff(Duration longest) {
    this.longest = longest;
  }

  void success() {
    failures = 0;
  }

  /** Half to all of the time that this failure stands for. */
  Duration failure() {
    long full = Math.min(longest.toMillis(), FIRST_MILLIS << Math.min(failures++, 20));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(full / 2, full + 1));
  }
}
