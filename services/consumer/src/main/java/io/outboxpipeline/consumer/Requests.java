package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.WARNING;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the routes of both APIs have in common. */
final class Requests {
  private static final System.Logger LOG = System.getLogger(Requests.class.getName());
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1000;

  private Requests() {}

  /** The handler, with 503 for what the database is to blame for. */
  static Handler onDatabase(Handler handler) {
    return (req, res) -> {
      try {
        handler.handle(req, res);
      } catch (SQLException e) {
        if (!DatabaseErrors.unavailable(e)) {
          throw e;
        }
        LOG.log(WARNING, "a request failed, for the database cannot be used: {0}", e.getMessage());
        throw new ProblemException(
                Status.SERVICE_UNAVAILABLE_503, "The database cannot be used now. Try again.")
            .withHeader("Retry-After", "2");
      }
    };
  }

  static int limit(ServerRequest req, List<FieldError> errors) {
    return (int) number(req, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, errors);
  }

  static long number(
      ServerRequest req, String name, long fallback, long min, long max, List<FieldError> errors) {
    Optional<String> text = req.query().first(name).asOptional();
    if (text.isEmpty()) {
      return fallback;
    }
    if (NUMBER.matcher(text.get()).matches()) {
      long value = Long.parseLong(text.get());
      if (value >= min && value <= max) {
        return value;
      }
    }
    errors.add(new FieldError(name, "must be a whole number from " + min + " to " + max));
    return fallback;
  }
}
