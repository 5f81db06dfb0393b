package io.outboxpipeline.operator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * The passes that are under way. A stop waits for them, because the framework empties its caches as
 * soon as it stops: a pass that goes on then would find that nothing of its pipeline exists, say so
 * in the status, and apply Deployments without the number of pods that they have. Thread-safe.
 */
final class Passes {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  /** Runs a pass; once {@link #end} was called it is left out, and the result is the other one. */
  <T> T run(Supplier<T> pass, Supplier<T> leftOut) {
    if (!lock.readLock().tryLock()) {
      return leftOut.get();
    }
    try {
      return pass.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Lets no pass begin any more, and waits for those that have begun. For good.
   *
   * @return whether none is under way
   */
  boolean end(Duration most) {
    try {
      return lock.writeLock().tryLock(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
