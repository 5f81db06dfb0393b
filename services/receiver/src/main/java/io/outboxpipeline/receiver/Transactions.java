package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Where the receiver's transactions come from: of JDBC alone, or of a framework, whose other parts
 * then see the same transaction. Thread-safe.
 */
public interface Transactions {

  /** What happens between begin and commit; may run again in another transaction. */
  @FunctionalInterface
  interface Work<T> {
    T run(Connection transaction) throws SQLException;
  }

  /**
   * Runs work in a new transaction, at READ COMMITTED or REPEATABLE READ and with auto-commit off.
   * Commits it, or throws having rolled back all of it.
   *
   * @throws SQLException what the work or the database threw; unchecked exceptions of the work too
   */
  <T> T run(Work<T> work) throws SQLException;

  /** Transactions on connections of a data source. */
  static Transactions of(DataSource database) {
    return new OnDataSource(database);
  }

  /** Plain JDBC. */
  record OnDataSource(DataSource database) implements Transactions {
    private static final System.Logger LOG = System.getLogger(Transactions.class.getName());

    @Override
    public <T> T run(Work<T> work) throws SQLException {
      try (Connection c = database.getConnection()) {
        try {
          c.setAutoCommit(false);
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
  }
}
