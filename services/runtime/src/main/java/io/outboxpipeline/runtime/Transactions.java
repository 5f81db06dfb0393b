package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.DEBUG;

import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.outbox.DatabaseFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * Runs work in a transaction, and again from its start when InnoDB made it the victim of a deadlock
 * or let it wait too long. Thread-safe.
 */
public final class Transactions {
  private static final System.Logger LOG = System.getLogger(Transactions.class.getName());
  private static final int ATTEMPTS = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(5);
  private static final int LOCK_WAIT_TIMEOUT = 1205;

  /** The server looks once a second whose wait for a lock is over, so its answer takes so long. */
  private static final Duration SHORTEST_ANSWER = Duration.ofSeconds(3);

  private final DataSource database;
  private final Counter retries;
  private final Optional<Duration> idleLimit;

  /**
   * @param retries counts how often work ran again
   */
  public Transactions(DataSource database, Counter retries) {
    this(database, retries, Optional.empty());
  }

  private Transactions(DataSource database, Counter retries, Optional<Duration> idleLimit) {
    this.database = database;
    this.retries = retries;
    this.idleLimit = idleLimit;
  }

  /**
   * The same, for transactions whose locks others must not wait for if this process hangs between
   * two statements: the server then rolls back.
   *
   * @param limit without a statement; whole seconds, 1 at least
   */
  public Transactions withIdleLimit(Duration limit) {
    return new Transactions(database, retries, Optional.of(limit));
  }

  /** What happens between begin and commit; may run several times. */
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection transaction) throws SQLException;
  }

  /**
   * Commits the work, or throws having rolled it back. (If it is the commit whose answer is lost,
   * nobody knows which of the two.)
   *
   * @throws SQLException what the work or the database threw last, or an unchecked exception of the
   *     work
   */
  public <T> T run(Work<T> work) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(work, Optional.empty());
      } catch (SQLException | RuntimeException e) {
        if (DatabaseFailure.of(e) != DatabaseFailure.CONFLICT || attempt == ATTEMPTS) {
          throw e;
        }
        retries.increment();
        if (!pause(attempt)) {
          throw e;
        }
      }
    }
  }

  /**
   * As {@link #run(Work)}, for a request that ends at a time. No attempt begins after it, and a
   * server that no longer answers costs no more than what is left. A wait for a lock that was too
   * long is thrown at once: whether to wait on is the caller's to say, without a connection.
   */
  public <T> T run(Deadline deadline, Work<T> work) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(work, Optional.of(deadline));
      } catch (SQLException | RuntimeException e) {
        boolean again =
            DatabaseFailure.of(e) == DatabaseFailure.CONFLICT
                && !waitedForLock(e)
                && attempt < ATTEMPTS
                && deadline.allows(FIRST_PAUSE);
        if (!again) {
          throw e;
        }
        retries.increment();
        if (!pause(attempt)) {
          throw e;
        }
      }
    }
  }

  /** Whether this is, or was caused by, a wait for a lock that the server ended. */
  public static boolean waitedForLock(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql && sql.getErrorCode() == LOCK_WAIT_TIMEOUT) {
        return true;
      }
    }
    return false;
  }

  private <T> T once(Work<T> work, Optional<Deadline> deadline) throws SQLException {
    try (Connection c = database.getConnection()) {
      try {
        if (deadline.isPresent()) {
          limit(c, deadline.get());
        }
        c.setAutoCommit(false);
        if (idleLimit.isPresent()) {
          closeAfter(c, Long.toString(Math.max(1, idleLimit.get().toSeconds())));
        }
        T result = work.run(c);
        c.commit();
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        try {
          c.rollback();
        } catch (SQLException broken) {
          // The server rolls back what a lost connection left.
          LOG.log(DEBUG, "rollback failed", broken);
        }
        throw e;
      } finally {
        if (idleLimit.isPresent()) {
          noLongerLimited(c);
        }
      }
    }
  }

  /** The pool puts the connection's own time-out back. */
  private static void limit(Connection c, Deadline deadline) throws SQLException {
    long left = deadline.remaining().toMillis();
    if (left == 0) {
      throw new SQLTimeoutException("there is no time left for this request", "HYT00");
    }
    int own = c.getNetworkTimeout();
    long limit = Math.max(left, SHORTEST_ANSWER.toMillis());
    if (own == 0 || limit < own) {
      c.setNetworkTimeout(Runnable::run, (int) limit);
    }
  }

  private static void noLongerLimited(Connection c) {
    try {
      closeAfter(c, "DEFAULT");
    } catch (SQLException broken) {
      LOG.log(DEBUG, "the pool will find out that this connection is lost", broken);
    }
  }

  /** Lets the server close the connection after so many seconds without a statement. */
  private static void closeAfter(Connection c, String seconds) throws SQLException {
    try (var s = c.createStatement()) {
      s.execute("SET SESSION wait_timeout = " + seconds);
    }
  }

  /**
   * A random time up to one that doubles, so that those who collided don't meet again.
   *
   * @return false if it was interrupted
   */
  private static boolean pause(int attempt) {
    long limit = FIRST_PAUSE.toMillis() << attempt;
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, limit));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
