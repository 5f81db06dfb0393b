package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.outbox.Outbox;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Tells a database that cannot be used now from a statement that it refuses. */
public final class DatabaseErrors {
  private static final System.Logger LOG = System.getLogger(DatabaseErrors.class.getName());

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

  /** The handler, with 503 and Retry-After for what the database is to blame for. */
  public static Handler guard(Handler handler) {
    return (req, res) -> {
      try {
        handler.handle(req, res);
      } catch (SQLException | RuntimeException e) {
        if (!unavailable(e)) {
          throw e;
        }
        LOG.log(WARNING, "a request failed, for the database cannot be used: {0}", e.getMessage());
        throw new ProblemException(
                Status.SERVICE_UNAVAILABLE_503,
                "The database cannot be used now. Try again, a request that writes with the same"
                    + " Idempotency-Key if it has one.")
            .withHeader("Retry-After", "2");
      }
    };
  }

  /** Whether this, or what caused it, is the database's fault, so that nothing else is to blame. */
  public static boolean unavailable(Throwable e) {
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
