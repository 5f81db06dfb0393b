package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps what is under {@code /admin} to those who have a token. The answer to a wrong one takes a
 * second, and until then nothing else from the same address is looked at. Thread-safe.
 */
public final class AdminAccess {
  private static final System.Logger LOG = System.getLogger(AdminAccess.class.getName());
  private static final String SCHEME = "bearer ";
  private static final Duration DELAY = Duration.ofSeconds(1);

  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  private record Digest(String name, byte[] sha256) {}

  private final List<Digest> tokens;
  private final Duration delay;
  private final Set<String> delayed = ConcurrentHashMap.newKeySet();

  private AdminAccess(List<AdminToken> tokens, Duration delay) {
    this.tokens =
        tokens.stream().map(t -> new Digest(t.name(), sha256(t.secret().value()))).toList();
    this.delay = delay;
  }

  /**
   * Serves admin routes under {@code /admin} to requests with {@code Authorization: Bearer token};
   * others get 401. Without a token set there are no such routes, and all get 404.
   */
  public static void register(
      HttpRouting.Builder routing, ServerSettings settings, HttpService service) {
    register(routing, settings, service, DELAY);
  }

  static void register(
      HttpRouting.Builder routing, ServerSettings settings, HttpService service, Duration delay) {
    if (settings.adminTokens().isEmpty()) {
      return;
    }
    var access = new AdminAccess(settings.adminTokens(), delay);
    routing.register(
        "/admin",
        rules -> {
          rules.any(access.guard());
          service.routing(rules);
        });
  }

  private Handler guard() {
    return (req, res) -> {
      String address = req.remotePeer().host();
      if (delayed.contains(address)) {
        throw new ProblemException(
                Status.TOO_MANY_REQUESTS_429, "A wrong token came from this address just now.")
            .withHeader("Retry-After", "1");
      }
      Optional<String> name = nameOf(presented(req));
      if (name.isEmpty()) {
        wrong(address);
        throw new ProblemException(
                Status.UNAUTHORIZED_401, "Send the admin token as Authorization: Bearer.")
            .withHeader("WWW-Authenticate", "Bearer realm=\"admin\"");
      }
      req.context().register(AdminAccess.class, name.get());
      res.next();
    };
  }

  private void wrong(String address) throws InterruptedException {
    LOG.log(WARNING, "a wrong admin token came from {0}", address);
    delayed.add(address);
    try {
      Thread.sleep(delay);
    } finally {
      delayed.remove(address);
    }
  }

  /** All are compared, as digests of equal length, so that the time taken tells nothing. */
  private Optional<String> nameOf(String presented) {
    byte[] digest = sha256(presented);
    Optional<String> name = Optional.empty();
    for (Digest token : tokens) {
      if (MessageDigest.isEqual(token.sha256(), digest)) {
        name = Optional.of(token.name());
      }
    }
    return name;
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
