package io.outboxpipeline.console.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.console.access.User.Role;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Sessions that are cookies and nothing else: name, role and end, sealed. The key comes from the
 * tokens, so that all consoles with the same tokens take each other's cookies, before and after a
 * restart, and new tokens end all sessions. Thread-safe.
 */
final class Sessions {
  static final Duration LENGTH = Duration.ofHours(8);

  /** A cookie's owner could try tokens against it: each try is to cost a while. */
  private static final int ROUNDS = 100_000;

  private static final byte[] SALT = "outboxpipeline console session".getBytes(UTF_8);
  private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

  private final SecretKeySpec key;
  private final InstantSource clock;

  Sessions(AccessSettings settings, InstantSource clock) {
    this.clock = clock;
    String secrets =
        Stream.concat(
                settings.tokens().stream().map(AccessSettings.Token::secret),
                settings.linkKey().stream())
            .map(s -> s.value().length() + ":" + s.value())
            .collect(Collectors.joining());
    try {
      var spec = new PBEKeySpec(secrets.toCharArray(), SALT, ROUNDS, 256);
      byte[] derived =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
      key = new SecretKeySpec(derived, "HmacSHA256");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The cookie's value for somebody who has just signed in. */
  String open(User user) {
    long end = clock.instant().plus(LENGTH).getEpochSecond();
    String content =
        user.role()
            + "."
            + end
            + "."
            + text(user.name())
            + user.groups().stream().map(g -> "." + text(g)).collect(Collectors.joining());
    return content + "." + seal(content);
  }

  /** Whose cookie this is; empty if it is over, or not one of ours. */
  Optional<User> user(String cookie) {
    int last = cookie.lastIndexOf('.');
    if (last < 0) {
      return Optional.empty();
    }
    String content = cookie.substring(0, last);
    byte[] sealed = cookie.substring(last + 1).getBytes(UTF_8);
    if (!MessageDigest.isEqual(sealed, seal(content).getBytes(UTF_8))) {
      return Optional.empty();
    }
    String[] parts = content.split("\\.", -1);
    if (Long.parseLong(parts[1]) <= clock.instant().getEpochSecond()) {
      return Optional.empty();
    }
    List<String> groups = Arrays.stream(parts).skip(3).map(Sessions::original).toList();
    return Optional.of(new User(original(parts[2]), Role.valueOf(parts[0]), groups));
  }

  private static String text(String of) {
    return TEXT.encodeToString(of.getBytes(UTF_8));
  }

  private static String original(String text) {
    return new String(Base64.getUrlDecoder().decode(text), UTF_8);
  }

  private String seal(String content) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return TEXT.encodeToString(mac.doFinal(content.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
