package io.outboxpipeline.relay.source.dynamodb;

import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What a source works with beside the table.
 *
 * @param clock monotonic, in nanoseconds
 * @param threads runs calls that take their time, each at once and beside the others
 * @param random spreads pauses; only the reading thread uses it
 */
record Means(LongSupplier clock, Executor threads, RandomGenerator random) {

  static Means real() {
    return new Means(
        System::nanoTime,
        call -> Thread.ofVirtual().name("dynamodb-call").start(call),
        new SplittableRandom());
  }

  long now() {
    return clock.getAsLong();
  }
}
