package io.outboxpipeline.runtime;

import java.time.Duration;

/** The moment until which a request may be worked on, by this machine's monotonic clock. */
public final class Deadline {
  private final long nanoTime;

  private Deadline(long nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** So long from now. */
  public static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  /** What is left until then; zero once it has passed. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
  }

  /** Whether so much is left. */
  public boolean allows(Duration time) {
    return remaining().compareTo(time) >= 0;
  }
}
