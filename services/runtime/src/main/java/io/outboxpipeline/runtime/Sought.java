package io.outboxpipeline.runtime;

import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which events somebody looks for: one by its id, or all of a trace. The other text is empty.
 *
 * @param traceId 32 hexadecimal digits in small letters
 */
public record Sought(String eventId, String traceId) {
  private static final Pattern EVENT = Pattern.compile("[0-9a-fA-F-]{36}");
  private static final Pattern TRACE = Pattern.compile("[0-9a-f]{32}");

  /**
   * What a query's {@code eventId} or {@code traceId} says.
   *
   * @throws ProblemException 400 if it does not say exactly one, as it should be
   */
  public static Sought of(ServerRequest req) {
    String event = req.query().first("eventId").orElse("");
    String trace = req.query().first("traceId").orElse("");
    boolean byEvent = EVENT.matcher(event).matches() && trace.isEmpty();
    boolean byTrace = TRACE.matcher(trace).matches() && event.isEmpty();
    if (byEvent || byTrace) {
      return new Sought(event, trace);
    }
    throw new ProblemException(
        Status.BAD_REQUEST_400,
        "The query has parameters that are wrong.",
        List.of(
            new Problem.FieldError(
                "eventId", "must be a UUID, or instead traceId 32 hexadecimal digits")));
  }
}
