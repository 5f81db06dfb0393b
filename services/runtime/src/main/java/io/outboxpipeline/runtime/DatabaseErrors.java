package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.outboxpipeline.outbox.DatabaseFailure;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;

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
        if (DatabaseFailure.of(e) == DatabaseFailure.CONFLICT || e instanceof SQLTimeoutException) {
          throw busy();
        }
        LOG.log(
            WARNING,
            "a request failed, for the database cannot be used: {0}",
            DatabaseTrouble.of(e));
        throw unavailable(
            "The database cannot be used now. Try again, a request that writes with the same"
                + " Idempotency-Key if it has one.");
      }
    };
  }

  /** 503 and Retry-After for a request that waited too long for what others hold. */
  public static ProblemException busy() {
    return unavailable(
        "Others hold what this request needs, and it waited as long as it may. Nothing was written."
            + " Try again.");
  }

  private static ProblemException unavailable(String detail) {
    return new ProblemException(Status.SERVICE_UNAVAILABLE_503, detail)
        .withHeader("Retry-After", "2");
  }

  /**
   * Whether this, or what caused it, may be over at the next attempt of the same request: nothing
   * is wrong with the request itself.
   */
  public static boolean unavailable(Throwable e) {
    if (e instanceof SQLTimeoutException) {
      return true;
    }
    return switch (DatabaseFailure.of(e)) {
      case CONFLICT, AWAY, UNREADY -> true;
      case OTHER -> false;
    };
  }
}
