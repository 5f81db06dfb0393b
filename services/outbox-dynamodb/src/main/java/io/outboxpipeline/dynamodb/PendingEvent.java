package io.outboxpipeline.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * One element of an item's list of events, as it is stored: a map with {@code id}, {@code type},
 * {@code at} (microseconds since 1970, by the writer's clock), {@code data}, {@code n} (the bytes
 * that it counts for), and, where there are any, {@code ct} (a content type other than JSON),
 * {@code h} (headers), {@code held} and {@code held_at} (why it can't be sent, and since when).
 *
 * @param id the event's, empty if the element has none
 * @param bytes that it counts for
 * @param held why it can't be sent, if so
 */
public record PendingEvent(
    String id, int bytes, Optional<String> held, Map<String, AttributeValue> element) {

  public static final String ID = "id";
  public static final String TYPE = "type";
  public static final String HELD = "held";
  public static final String HELD_AT = "held_at";
  private static final String CONTENT_TYPE = "ct";
  private static final String AT = "at";
  private static final String DATA = "data";
  private static final String HEADERS = "h";
  private static final String SIZE = "n";

  /** What a number has at most, beside its name. */
  private static final int NUMBER = 16;

  /** As it is appended. */
  static AttributeValue of(NewEvent event, UUID id, Instant at) {
    Map<String, AttributeValue> element = new LinkedHashMap<>();
    element.put(ID, AttributeValue.fromS(id.toString()));
    element.put(TYPE, AttributeValue.fromS(event.type()));
    element.put(AT, number(micros(at)));
    element.put(DATA, AttributeValue.fromB(SdkBytes.fromByteArray(event.payload())));
    if (!event.contentType().equals(Event.JSON)) {
      element.put(CONTENT_TYPE, AttributeValue.fromS(event.contentType()));
    }
    if (!event.headers().isEmpty()) {
      Map<String, AttributeValue> headers = new HashMap<>();
      event.headers().forEach((k, v) -> headers.put(k, AttributeValue.fromS(v)));
      element.put(HEADERS, AttributeValue.fromM(headers));
    }
    element.put(SIZE, number(size(element)));
    return AttributeValue.fromM(element);
  }

  /** Reads an element, whatever it is. */
  static PendingEvent read(AttributeValue value) {
    Map<String, AttributeValue> m = value.hasM() ? value.m() : Map.of();
    return new PendingEvent(
        text(m, ID).orElse(""), (int) number(m, SIZE).orElse(0L).longValue(), text(m, HELD), m);
  }

  /** When it was appended; empty if the element does not say. */
  public Optional<Instant> at() {
    return number(element, AT).map(PendingEvent::instant);
  }

  /** When it was found that it can't be sent. */
  public Optional<Instant> heldAt() {
    return number(element, HELD_AT).map(PendingEvent::instant);
  }

  /** Its type, empty if it has none. */
  public String type() {
    return text(element, TYPE).orElse("");
  }

  /**
   * The event.
   *
   * @param sequence its number, which its place in the list tells
   * @throws IllegalArgumentException if the element is not one of ours, with a reason that shows
   *     nothing of the payload
   */
  public Event event(Aggregate aggregate, long sequence) {
    String type = type();
    AttributeValue data = element.get(DATA);
    if (id.isEmpty() || type.isEmpty() || at().isEmpty()) {
      throw new IllegalArgumentException("an element of the list has no id, type or time");
    }
    Map<String, String> headers = new HashMap<>();
    AttributeValue stored = element.get(HEADERS);
    if (stored != null && stored.hasM()) {
      stored.m().forEach((k, v) -> headers.put(k, v.s() == null ? "" : v.s()));
    }
    return new Event(
        UUID.fromString(id),
        aggregate,
        sequence,
        type,
        at().orElseThrow(),
        text(element, CONTENT_TYPE).orElse(Event.JSON),
        data == null || data.b() == null ? new byte[0] : data.b().asByteArray(),
        headers);
  }

  /** The element that takes this one's place when the event is discarded: it keeps the number. */
  public Map<String, AttributeValue> tombstone() {
    Map<String, AttributeValue> stone = new LinkedHashMap<>(element);
    stone.put(TYPE, AttributeValue.fromS(Event.TOMBSTONE));
    stone.keySet().removeIf(k -> k.equals(DATA) || k.equals(HEADERS) || k.equals(CONTENT_TYPE));
    stone.remove(HELD);
    stone.remove(HELD_AT);
    return stone;
  }

  /** The bytes that DynamoDB reckons for a map in a list, rounded up. */
  private static long size(Map<String, AttributeValue> element) {
    long bytes = 4L + SIZE.length() + 1 + NUMBER;
    for (Map.Entry<String, AttributeValue> e : element.entrySet()) {
      AttributeValue v = e.getValue();
      bytes += 1 + e.getKey().length();
      if (v.s() != null) {
        bytes += v.s().getBytes(UTF_8).length;
      } else if (v.b() != null) {
        bytes += v.b().asByteArrayUnsafe().length;
      } else if (v.hasM()) {
        bytes += 3;
        for (Map.Entry<String, AttributeValue> h : v.m().entrySet()) {
          bytes += 1 + h.getKey().length() + h.getValue().s().getBytes(UTF_8).length;
        }
      } else {
        bytes += NUMBER;
      }
    }
    return bytes;
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  public static long micros(Instant at) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, at);
  }

  static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static Optional<String> text(Map<String, AttributeValue> m, String name) {
    @Nullable AttributeValue v = m.get(name);
    return v == null ? Optional.empty() : Optional.ofNullable(v.s());
  }

  static Optional<Long> number(Map<String, AttributeValue> m, String name) {
    @Nullable AttributeValue v = m.get(name);
    if (v == null || v.n() == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(v.n()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
