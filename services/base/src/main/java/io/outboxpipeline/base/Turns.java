package io.outboxpipeline.base;

import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Deadline;
import io.outboxpipeline.runtime.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps locked identities from taking all connections. An identity is written by one transaction at
 * a time anyway, so one of its requests gets a connection, and the others wait here, without one.
 * Identities whose locks somebody else keeps share half of the connections, and give theirs back
 * after each wait. One connection is left to requests that read. Thread-safe.
 */
final class Turns {
  /** How long the server may keep a connection that waits for a lock, in whole seconds. */
  static final Duration LOCK_WAIT = Duration.ofSeconds(1);

  private final Semaphore all;
  private final Semaphore ofLockedIdentities;
  private final ConcurrentHashMap<String, Turn> turns = new ConcurrentHashMap<>();

  /**
   * @param connections how many there are
   */
  Turns(int connections) {
    all = new Semaphore(Math.max(1, connections - 1), true);
    ofLockedIdentities = new Semaphore(Math.max(1, connections / 2), true);
  }

  /** What is done in a turn. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws SQLException;
  }

  private static final class Turn {
    final Semaphore free = new Semaphore(1, true);
    int users;
    // Guarded by the permit.
    boolean locked;
  }

  /**
   * Does the work when it is the identity's turn, and again while it ends with a wait for a lock.
   *
   * @throws io.outboxpipeline.runtime.ProblemException 503 if the deadline passes before
   */
  <T> T run(String identity, Deadline deadline, Work<T> work) throws SQLException {
    Turn turn = turns.compute(identity, (i, t) -> entered(t == null ? new Turn() : t));
    try {
      acquire(turn.free, deadline);
      try {
        return untilUnlocked(turn, deadline, work);
      } finally {
        turn.free.release();
      }
    } finally {
      turns.computeIfPresent(identity, (i, t) -> left(t));
    }
  }

  private <T> T untilUnlocked(Turn turn, Deadline deadline, Work<T> work) throws SQLException {
    while (true) {
      boolean few = turn.locked;
      if (few) {
        acquire(ofLockedIdentities, deadline);
      }
      try {
        T result = connected(deadline, work);
        turn.locked = false;
        return result;
      } catch (SQLException | RuntimeException e) {
        if (!Transactions.waitedForLock(e)) {
          throw e;
        }
        turn.locked = true;
        if (!deadline.allows(LOCK_WAIT)) {
          throw e;
        }
      } finally {
        if (few) {
          ofLockedIdentities.release();
        }
      }
    }
  }

  private <T> T connected(Deadline deadline, Work<T> work) throws SQLException {
    acquire(all, deadline);
    try {
      return work.run();
    } finally {
      all.release();
    }
  }

  private static void acquire(Semaphore permits, Deadline deadline) {
    try {
      if (!permits.tryAcquire(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
        throw DatabaseErrors.busy();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw DatabaseErrors.busy();
    }
  }

  private static Turn entered(Turn turn) {
    turn.users++;
    return turn;
  }

  private static @Nullable Turn left(Turn turn) {
    turn.users--;
    return turn.users == 0 ? null : turn;
  }
}
