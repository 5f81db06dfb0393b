package io.outboxpipeline.console.access;

import static java.nio.charset.StandardCharsets.UTF_8;

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
 * Makes texts that only the console can make, and that end. The key comes from the cookie secret,
 * or from the tokens: all consoles with the same ones take each other's. Thread-safe.
 */
final class Seal {
  /** An owner of such a text could try secrets against it: each try is to cost a while. */
  private static final int ROUNDS = 100_000;

  private static final byte[] SALT = "outboxpipeline console session".getBytes(UTF_8);
  private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

  private final SecretKeySpec key;
  private final InstantSource clock;

  Seal(AccessSettings settings, InstantSource clock) {
    this.clock = clock;
    String secrets =
        Stream.of(
                settings.cookieSecret().stream(),
                settings.tokens().stream().map(AccessSettings.Token::secret),
                settings.linkKey().stream())
            .flatMap(s -> s)
            .map(s -> s.value().length() + ":" + s.value())
            .collect(Collectors.joining());
    if (secrets.isEmpty()) {
      throw new IllegalArgumentException("without a secret anybody could make a session");
    }
    try {
      var spec = new PBEKeySpec(secrets.toCharArray(), SALT, ROUNDS, 256);
      byte[] derived =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
      key = new SecretKeySpec(derived, "HmacSHA256");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A text of letters, digits, {@code -}, {@code _} and {@code .}.
   *
   * @param use one for another use is not taken
   */
  String close(String use, Duration length, List<String> parts) {
    long end = clock.instant().plus(length).getEpochSecond();
    String content =
        use
            + "."
            + end
            + parts.stream()
                .map(p -> "." + TEXT.encodeToString(p.getBytes(UTF_8)))
                .collect(Collectors.joining());
    return content + "." + mac(content);
  }

  /** The parts; empty if it is over, for another use, or not one of ours. */
  Optional<List<String>> open(String use, String sealed) {
    int last = sealed.lastIndexOf('.');
    if (last < 0) {
      return Optional.empty();
    }
    String content = sealed.substring(0, last);
    byte[] mac = sealed.substring(last + 1).getBytes(UTF_8);
    if (!MessageDigest.isEqual(mac, mac(content).getBytes(UTF_8))) {
      return Optional.empty();
    }
    String[] parts = content.split("\\.", -1);
    if (!parts[0].equals(use) || Long.parseLong(parts[1]) <= clock.instant().getEpochSecond()) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(parts)
            .skip(2)
            .map(p -> new String(Base64.getUrlDecoder().decode(p), UTF_8))
            .toList());
  }

  private String mac(String content) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return TEXT.encodeToString(mac.doFinal(content.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
