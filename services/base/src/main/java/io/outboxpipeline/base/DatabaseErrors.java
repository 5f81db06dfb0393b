package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.dbclient.DbClientException;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.ProblemException;
import java.sql.SQLException;
import java.util.Set;

/** Tells a database that cannot be used now (503, try again) from a bug of ours (500). */
final class DatabaseErrors {
  private static final System.Logger LOG = System.getLogger(DatabaseErrors.class.getName());

  /** MySQL's and MariaDB's error numbers that pass by themselves or by an operator's hand. */
  private static final Set<Integer> UNAVAILABLE =
      Set.of(
          1044,
          1045,
          1049,
          1142,
          1698, // no such user, database or right
          1146, // the tables are not there yet
          1290,
          1792,
          1836, // read-only, as in a failover
          1317,
          1927, // the statement or the connection was killed
          1040,
          1053,
          1203,
          1226,
          4031 // too many connections, shutting down, idle too long
          );

  private DatabaseErrors() {}

  /** The handler, with 503 for what the database is to blame for. */
  static Handler guard(Handler handler) {
    return (req, res) -> {
      try {
        handler.handle(req, res);
      } catch (SQLException e) {
        throw unavailable(e) ? serviceUnavailable(e) : e;
      } catch (DbClientException e) {
        throw unavailable(e) ? serviceUnavailable(e) : e;
      }
    };
  }

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
    return e instanceof java.sql.SQLTransientConnectionException
        || e instanceof java.sql.SQLNonTransientConnectionException
        || e instanceof java.sql.SQLRecoverableException
        || (state != null && state.startsWith("08"));
  }

  private static ProblemException serviceUnavailable(Exception e) {
    LOG.log(WARNING, "a request failed, for the database cannot be used: {0}", e.getMessage());
    return new ProblemException(
            Status.SERVICE_UNAVAILABLE_503,
            "The database cannot be used now. Try again, with the same Idempotency-Key if this"
                + " request writes.")
        .withHeader("Retry-After", "2");
  }
}
