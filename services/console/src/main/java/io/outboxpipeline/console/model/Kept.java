package io.outboxpipeline.console.model;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is asked for again only when it is too old, however many want it. Who comes while
 * it is asked for waits for the same answer. Thread-safe.
 */
public final class Kept<T> {
  private final Supplier<T> source;
  private final long nanos;
  private final LongSupplier nanoClock;
  private @Nullable T known;
  private long readAt;

  public Kept(Supplier<T> source, Duration howLong) {
    this(source, howLong, System::nanoTime);
  }

  Kept(Supplier<T> source, Duration howLong, LongSupplier nanoClock) {
    this.source = source;
    this.nanos = howLong.toNanos();
    this.nanoClock = nanoClock;
  }

  /** The answer, at most so old. */
  public synchronized T get() {
    T last = known;
    if (last == null || nanoClock.getAsLong() - readAt >= nanos) {
      last = source.get();
      known = last;
      // From its end: a service that is slow is not asked without a break.
      readAt = nanoClock.getAsLong();
    }
    return last;
  }
}
