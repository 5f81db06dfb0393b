package io.outboxpipeline.relay.send;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SQS message group of an aggregate: {@code type/id} where SQS takes that as it is (at most 128
 * characters, ASCII letters, digits and punctuation), else {@code sha256/} and the hash of both.
 */
final class MessageGroup {
  private static final int MAX = 128;

  private MessageGroup() {}

  static String of(Aggregate aggregate) {
    String plain = aggregate.type() + "/" + aggregate.id();
    if (plain.length() <= MAX && plain.chars().allMatch(c -> c > ' ' && c <= '~')) {
      return plain;
    }
    byte[] hash = sha256(aggregate.type().getBytes(UTF_8), aggregate.id().getBytes(UTF_8));
    return "sha256/" + HexFormat.of().formatHex(hash);
  }

  /** The hash of two texts, apart from each other. */
  static byte[] sha256(byte[] first, byte[] second) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(first);
      sha.update((byte) 0);
      sha.update(second);
      return sha.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
