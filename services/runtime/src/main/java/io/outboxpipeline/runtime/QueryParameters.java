package io.outboxpipeline.runtime;

import io.helidon.webserver.http.ServerRequest;
import io.outboxpipeline.runtime.Problem.FieldError;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Numbers in a request's query; what is wrong with them is added to a list, to be told at once. */
public final class QueryParameters {
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1000;

  private QueryParameters() {}

  /** {@code limit}: how many items a page has, 1 to 1000, 100 if it is not given. */
  public static int limit(ServerRequest req, List<FieldError> errors) {
    return (int) number(req, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, errors);
  }

  /** A whole number from {@code min} to {@code max}. */
  public static long number(
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
