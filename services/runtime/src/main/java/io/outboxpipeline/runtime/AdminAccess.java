package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;

/** Keeps what is under {@code /admin} to those who have the token. */
public final class AdminAccess {
  private static final String SCHEME = "bearer ";

  private AdminAccess() {}

  /**
   * Serves admin routes under {@code /admin} to requests with {@code Authorization: Bearer token};
   * others get 401. Without a token set there are no such routes, and all get 404.
   */
  public static void register(
      HttpRouting.Builder routing, ServerSettings settings, HttpService service) {
    settings
        .adminToken()
        .ifPresent(
            token ->
                routing.register(
                    "/admin",
                    rules -> {
                      rules.any(guard(token));
                      service.routing(rules);
                    }));
  }

  private static Handler guard(Secret token) {
    byte[] expected = sha256(token.value());
    return (req, res) -> {
      // Digests of equal length, so that the time taken tells nothing, the token's length neither.
      if (!MessageDigest.isEqual(expected, sha256(presented(req)))) {
        throw new ProblemException(
                Status.UNAUTHORIZED_401, "Send the admin token as Authorization: Bearer.")
            .withHeader("WWW-Authenticate", "Bearer realm=\"admin\"");
      }
      res.next();
    };
  }

  private static String presented(ServerRequest req) {
    String header = req.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    return header.toLowerCase(Locale.ROOT).startsWith(SCHEME)
        ? header.substring(SCHEME.length()).strip()
        : "";
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
