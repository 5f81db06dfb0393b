package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * An event that is not in the outbox yet: it has no id and no sequence number. What can be made
 * into one arrives at every consumer as the same value; everything else is refused here, in the
 * writer's transaction.
 *
 * @param aggregate what it happened to
 * @param type what happened, such as {@code spending.created}; 1 to 255 code points, no control
 *     characters, not {@link Event#TOMBSTONE}
 * @param contentType the payload's media type, 1 to 127 ASCII characters. If it promises JSON
 *     ({@code application/json}, {@code text/json}, {@code …+json}), the payload must be one JSON
 *     document in UTF-8 without a byte order mark, without a name twice in one object and without
 *     half a surrogate pair; it may nest 500 levels, and a number may have 1,000 characters
 * @param payload not copied, not to be changed by the caller afterwards
 * @param headers CloudEvents extension attributes to travel along, such as {@code traceparent}:
 *     names of 1 to 20 characters a–z and 0–9, none that the codec or CloudEvents itself uses;
 *     values without control characters; all of them at most 65,535 bytes as JSON. The event as a
 *     message has at most {@link #MAX_MESSAGE} bytes
 */
@SuppressWarnings("ArrayRecordComponent") // events are not compared by value
public record NewEvent(
    Aggregate aggregate,
    String type,
    String contentType,
    byte[] payload,
    Map<String, String> headers) {

  /**
   * How many bytes an event may have as a message: SQS takes 1 MiB, with the attributes that the
   * relay and tracing agents add to it. A queue may have a lower limit; an event above that is
   * quarantined by the relay.
   */
  public static final int MAX_MESSAGE = (1 << 20) - (4 << 10);

  /** What the column holds. */
  private static final int MAX_HEADERS = (1 << 16) - 1;

  private static final int MAX_TYPE = 255;
  private static final int MAX_CONTENT_TYPE = 127;
  private static final int MAX_HEADER_NAME = 20;

  /** More than the attributes have beside texts of the event. */
  private static final int ENVELOPE = 2 << 10;

  /** As long as a source may be. */
  private static final URI ANY_SOURCE = URI.create("/" + "s".repeat(254));

  private static final UUID ANY_ID = new UUID(7L << 12, 2L << 62);
  private static final Instant ANY_TIME = Instant.parse("9999-12-31T23:59:59.999999Z");

  public NewEvent {
    Texts.check("event type", type, MAX_TYPE);
    Texts.requireNoControls("event type", type);
    if (type.equals(Event.TOMBSTONE)) {
      throw new IllegalArgumentException("event type " + type + " is reserved");
    }
    Texts.check("content type", contentType, MAX_CONTENT_TYPE);
    Texts.requireNoControls("content type", contentType);
    if (!Texts.isAscii(contentType)) {
      throw new IllegalArgumentException("content type has a character that is not ASCII");
    }
    headers = Map.copyOf(headers);
    headers.forEach(NewEvent::checkHeader);
    int headerBytes = Headers.size(headers);
    if (headerBytes > MAX_HEADERS) {
      throw new IllegalArgumentException("headers have more than " + MAX_HEADERS + " bytes");
    }
    if (MediaType.isJson(contentType)) {
      MediaType.requireUtf8(contentType);
      if (payload.length <= MAX_MESSAGE) {
        Json.check(payload);
      }
    }
    checkSize(aggregate, type, contentType, payload, headers, headerBytes);
  }

  private static void checkHeader(String name, String value) {
    if (name.length() > MAX_HEADER_NAME || !CloudEventsCodec.mayBeHeader(name)) {
      throw new IllegalArgumentException(
          "header name \"" + name + "\" is reserved or not 1 to 20 characters a-z, 0-9");
    }
    Texts.requireWhole("header " + name, value);
    Texts.requireNoControls("header " + name, value);
  }

  private static void checkSize(
      Aggregate aggregate,
      String type,
      String contentType,
      byte[] payload,
      Map<String, String> headers,
      int headerBytes) {
    // Escapes at most double a payload's or a header's bytes, and make six of a character's one.
    long texts = 2L * (aggregate.type().length() + aggregate.id().length()) + type.length();
    if (2L * payload.length + 2L * headerBytes + 6 * texts + ENVELOPE <= MAX_MESSAGE) {
      return;
    }
    if (payload.length <= MAX_MESSAGE) {
      var event =
          new Event(
              ANY_ID, aggregate, Long.MAX_VALUE, type, ANY_TIME, contentType, payload, headers);
      int bytes = CloudEventsCodec.size(CloudEventsCodec.encode(event, ANY_SOURCE, Long.MAX_VALUE));
      if (bytes <= MAX_MESSAGE) {
        return;
      }
    }
    throw new IllegalArgumentException(
        "the event has more than " + MAX_MESSAGE + " bytes as a message");
  }

  /**
   * An event whose payload is JSON.
   *
   * @throws IllegalArgumentException if it is none, or no message can carry it
   */
  public static NewEvent json(Aggregate aggregate, String type, String json) {
    // It would become a question mark, and nobody would notice.
    Texts.requireWhole("the JSON", json);
    return new NewEvent(aggregate, type, Event.JSON, json.getBytes(UTF_8), Map.of());
  }

  /**
   * An event whose payload a writer makes of a value.
   *
   * @throws IllegalArgumentException if the writer refuses, or no message can carry the event
   */
  public static NewEvent of(Aggregate aggregate, String type, Object value, PayloadWriter writer) {
    PayloadWriter.Payload payload = writer.write(value);
    return new NewEvent(aggregate, type, payload.contentType(), payload.bytes(), Map.of());
  }

  /** The same event with one more header. */
  public NewEvent withHeader(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new NewEvent(aggregate, type, contentType, payload, more);
  }
}
