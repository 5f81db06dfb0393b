package io.outboxpipeline.console.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * An event, or a number, that an aggregate waits for a decision about.
 *
 * @param source the outbox, as the consumer knows it; empty in the quarantine
 * @param sequence the event's, or the one that is missing; a text, because browsers round
 * @param eventId empty for a missing number
 * @param eventType empty for a missing number
 * @param since by the clock of the database that keeps it
 * @param ageSeconds by the service that told it
 * @param waiting events that wait behind it, counted within a bound
 */
public record Problem(
    Category category,
    String source,
    String aggregateType,
    String aggregateId,
    String sequence,
    String eventId,
    String eventType,
    String reason,
    Instant since,
    long ageSeconds,
    long waiting) {

  /** What is wrong, and what can be done about it. */
  public enum Category {
    QUARANTINED,
    REJECTED,
    PARKED,
    CONFLICT;

    public List<Action> actions() {
      return switch (this) {
        case QUARANTINED, REJECTED -> List.of(Action.RETRY, Action.DISCARD);
        case PARKED -> List.of(Action.SKIP);
        case CONFLICT -> List.of(Action.APPLY, Action.DISCARD);
      };
    }

    /** As the API writes it. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What can be done. */
  public enum Action {
    RETRY,
    DISCARD,
    SKIP,
    APPLY;

    /** As the API and the services write it. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Names it, as long as it is the same problem. */
  public String key() {
    return digest(
        Stream.of(category.code(), source, aggregateType, aggregateId, sequence, eventId));
  }

  /** A short name for a sequence of texts; other texts, or others' borders, give another one. */
  static String digest(Stream<String> parts) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      parts.forEach(
          p -> {
            byte[] bytes = p.getBytes(UTF_8);
            sha256.update((bytes.length + ":").getBytes(UTF_8));
            sha256.update(bytes);
          });
      return HexFormat.of().formatHex(sha256.digest(), 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
