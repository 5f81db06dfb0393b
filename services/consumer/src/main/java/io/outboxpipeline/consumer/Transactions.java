package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.DEBUG;

import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.outbox.Outbox;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * Runs work in a transaction, and again from its start when InnoDB made it the victim of a deadlock
 * or let it wait too long. Thread-safe.
 */
final class Transactions {
  private static final System.Logger LOG = System.getLogger(Transactions.class.getName());
  private static final int ATTEMPTS = 8;
  private static final long FIRST_PAUSE_MILLIS = 5;

  private final DataSource database;
  private final Counter retries;

  Transactions(DataSource database, Counter retries) {
    this.database = database;
    this.retries = retries;
  }

  /** What happens between begin and commit; may run several times. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection transaction) throws SQLException;
  }

  /**
   * Commits the work, or throws having rolled it back. (If it is the commit whose answer is lost,
   * nobody knows which of the two; the inbox makes the next delivery harmless.)
   */
  <T> T run(Work<T> work) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(work);
      } catch (SQLException e) {
        if (!Outbox.isRetryable(e) || attempt == ATTEMPTS) {
          throw e;
        }
        retries.increment();
        pause(attempt, e);
      }
    }
  }

  private <T> T once(Work<T> work) throws SQLException {
    try (Connection c = database.getConnection()) {
      try {
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
      }
    }
  }

  /** A random time up to one that doubles, so that those who collided don't meet again. */
  private static void pause(int attempt, SQLException e) throws SQLException {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, FIRST_PAUSE_MILLIS << attempt));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw e;
    }
  }
}
