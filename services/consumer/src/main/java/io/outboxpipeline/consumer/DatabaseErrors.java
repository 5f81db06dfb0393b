package io.outboxpipeline.consumer;

import io.outboxpipeline.outbox.Outbox;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Tells a database that cannot be used now from a statement that it refuses. */
final class DatabaseErrors {

  /** MySQL's and MariaDB's numbers for what passes by itself or by an operator's hand. */
  private static final Set<Integer> UNAVAILABLE =
      Set.of(
          // No such user, database, right or table (yet).
          1044,
          1045,
          1049,
          1142,
          1146,
          1698,
          // Read-only, as in a failover.
          1290,
          1792,
          1836,
          // The statement or the connection was killed.
          1317,
          1927,
          // Too many connections, shutting down, idle too long, disk full.
          1040,
          1053,
          1203,
          1226,
          4031,
          1021,
          1114);

  private DatabaseErrors() {}

  /** Whether it is the database's fault, so that no message is to blame. */
  static boolean unavailable(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof SQLException sql
          && (Outbox.isRetryable(sql)
              || connectionLost(sql)
              || UNAVAILABLE.contains(sql.getErrorCode()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean connectionLost(SQLException e) {
    String state = e.getSQLState();
    return e instanceof SQLTransientConnectionException
        || e instanceof SQLNonTransientConnectionException
        || e instanceof SQLRecoverableException
        || (state != null && state.startsWith("08"));
  }
}
