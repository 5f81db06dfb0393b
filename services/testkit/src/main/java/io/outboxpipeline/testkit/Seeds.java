package io.outboxpipeline.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Seeds that follow one another; {@link SeedSource} makes them. Immutable.
 *
 * @param first the first one
 * @param count how many, 1 or more
 */
public record Seeds(long first, int count) {

  /** What must hold for one seed; throws if it does not. */
  @FunctionalInterface
  public interface Property<T> {
    void check(T of) throws Exception;
  }

  /** Whether this is one seed that somebody asked for, and may want to know more of. */
  public boolean single() {
    return count == 1;
  }

  /**
   * Checks the property with a generator of each seed, in their order, up to the first failure.
   *
   * @throws AssertionError if it does not hold; its message says how to replay the seed
   * @throws InterruptedException if the property was interrupted
   */
  public void forEach(Property<RandomGenerator> property) throws InterruptedException {
    forEachSeed(seed -> property.check(new SplittableRandom(seed)));
  }

  /** As {@link #forEach}, for what makes its own generator of a seed. */
  public void forEachSeed(Property<Long> property) throws InterruptedException {
    for (long seed = first; seed < first + count; seed++) {
      try {
        property.check(seed);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception | AssertionError e) {
        throw new AssertionError(
            "seed " + seed + ", which -Dtest.seed=" + seed + " replays: " + e.getMessage(), e);
      }
    }
  }

  /** As it stands in a test's name. */
  @Override
  public String toString() {
    return single() ? Long.toString(first) : first + " to " + (first + count - 1);
  }
}
