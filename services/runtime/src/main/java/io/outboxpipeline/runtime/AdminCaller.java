package io.outboxpipeline.runtime;

import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;

/**
 * Who asks for a decision, to be logged and kept with it.
 *
 * @param token the name of the token that was sent
 * @param address where the connection came from, which may be a proxy's
 * @param why what the query's {@code why} says; empty if it says nothing
 */
public record AdminCaller(String token, String address, String why) {
  private static final int LONGEST_WHY = 500;

  /**
   * The caller of a route of {@link AdminAccess}.
   *
   * @throws ProblemException 400 if {@code why} is too long or has control characters
   */
  public static AdminCaller of(ServerRequest req) {
    String why = req.query().first("why").orElse("");
    if (why.codePointCount(0, why.length()) > LONGEST_WHY
        || why.chars().anyMatch(Character::isISOControl)) {
      throw new ProblemException(
          Status.BAD_REQUEST_400,
          "The query has parameters that are wrong.",
          List.of(
              new Problem.FieldError(
                  "why", "must have at most " + LONGEST_WHY + " characters, and no line breaks")));
    }
    return new AdminCaller(
        req.context().get(AdminAccess.class, String.class).orElseThrow(),
        req.remotePeer().host(),
        why);
  }
}
