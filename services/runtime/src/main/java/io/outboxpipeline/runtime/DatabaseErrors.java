package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.outbox.DatabaseFailure;
import java.sql.SQLException;

/** Tells a database that cannot be used now from a statement that it refuses. */
public final class DatabaseErrors {
  private static final System.Logger LOG = System.getLogger(DatabaseErrors.class.getName());

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
        LOG.log(
            WARNING,
            "a request failed, for the database cannot be used: {0}",
            DatabaseTrouble.of(e));
        throw new ProblemException(
                Status.SERVICE_UNAVAILABLE_503,
                "The database cannot be used now. Try again, a request that writes with the same"
                    + " Idempotency-Key if it has one.")
            .withHeader("Retry-After", "2");
      }
    };
  }

  /**
   * Whether this, or what caused it, may be over at the next attempt of the same request: nothing
   * is wrong with the request itself.
   */
  public static boolean unavailable(Throwable e) {
    return switch (DatabaseFailure.of(e)) {
      case CONFLICT, AWAY, UNREADY -> true;
      case OTHER -> false;
    };
  }
}
