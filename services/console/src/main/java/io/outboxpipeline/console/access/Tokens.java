package io.outboxpipeline.console.access;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.Status;
import io.outboxpipeline.console.access.User.Role;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.Secret;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tokens that are good. The answer to a wrong one takes a second, and until then no other from
 * the same address is looked at. Thread-safe.
 */
final class Tokens {
  private static final System.Logger LOG = System.getLogger(Tokens.class.getName());

  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  private record Digest(User user, byte[] sha256) {}

  private final List<Digest> tokens = new ArrayList<>();
  private final Duration delay;
  private final Set<String> delayed = ConcurrentHashMap.newKeySet();

  Tokens(AccessSettings settings, Duration delay) {
    this.delay = delay;
    settings
        .tokens()
        .forEach(t -> tokens.add(new Digest(new User(t.name(), t.role()), sha256(t.secret()))));
    settings
        .linkKey()
        .ifPresent(k -> tokens.add(new Digest(new User("link", Role.OPERATOR), sha256(k))));
  }

  /**
   * Whom a token is good for.
   *
   * @param address where it came from
   * @throws ProblemException 429 if a wrong one came from there just now
   */
  Optional<User> user(String presented, String address) {
    if (delayed.contains(address)) {
      throw new ProblemException(
              Status.TOO_MANY_REQUESTS_429, "A wrong token came from this address just now.")
          .withHeader("Retry-After", "1");
    }
    // All are compared, as digests of equal length, so that the time taken tells nothing.
    byte[] digest = sha256(new Secret(presented));
    Optional<User> user = Optional.empty();
    for (Digest token : tokens) {
      if (MessageDigest.isEqual(token.sha256(), digest)) {
        user = Optional.of(token.user());
      }
    }
    if (user.isEmpty()) {
      wrong(address);
    }
    return user;
  }

  private void wrong(String address) {
    LOG.log(WARNING, "a wrong token came from {0}", address);
    delayed.add(address);
    try {
      Thread.sleep(delay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      delayed.remove(address);
    }
  }

  private static byte[] sha256(Secret secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.value().getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
