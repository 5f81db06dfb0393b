package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.rw.CloudEventRWException;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Events as CloudEvents 1.0 JSON: one event alone, or several as the JSON batch format.
 * Thread-safe.
 *
 * <p>The aggregate's id is the {@code subject}; the extensions are {@code aggregatetype}, {@code
 * sequence} (20 digits, so that it sorts as text, as that extension demands), {@code partitionkey}
 * and {@code epoch}. A JSON payload is the event's {@code data}, any other its {@code data_base64}.
 */
public final class CloudEventsCodec {

  private static final Pattern JSON_TYPE =
      Pattern.compile("(application|text)/([a-z]+\\+)?json(;.*)*");
  private static final Set<String> OWN_EXTENSIONS =
      Set.of("aggregatetype", "sequence", "partitionkey", "epoch");

  /** Numbers stay as they were written: no double in between, no zeros dropped. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .addModule(JsonFormat.getCloudEventJacksonModule())
          .build();

  private CloudEventsCodec() {}

  /**
   * An event that was received, and by whom it was sent.
   *
   * @param source which outbox it comes from
   * @param epoch of the relay's partition when it was sent; 0 if the message does not say
   */
  public record Received(Event event, String source, long epoch) {}

  /** A message that is not one of ours, or not whole. */
  public static final class UnreadableMessageException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableMessageException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * One event's JSON.
   *
   * @param source which outbox it comes from: a URI reference
   * @param epoch of the sender's partition
   * @throws IllegalArgumentException if the event can have no such form: its content type promises
   *     JSON and its payload is none, or a header's name is not allowed
   */
  public static String encode(Event event, URI source, long epoch) {
    var builder =
        CloudEventBuilder.v1()
            .withId(event.id().toString())
            .withSource(source)
            .withType(event.type())
            .withSubject(event.aggregate().id())
            .withTime(event.time().atOffset(ZoneOffset.UTC))
            .withExtension("aggregatetype", event.aggregate().type())
            .withExtension("sequence", sortable(event.sequence()))
            .withExtension("partitionkey", event.aggregate().type() + "/" + event.aggregate().id())
            .withExtension("epoch", Long.toString(epoch));
    if (!event.tombstone()) {
      requireJsonIfPromised(event.contentType(), event.payload());
      builder.withData(event.contentType(), event.payload());
    }
    try {
      event.headers().forEach(builder::withExtension);
      // SQS refuses U+FFFE and U+FFFF; in JSON they stand only in strings, where they can be
      // escaped.
      return MAPPER
          .writeValueAsString(builder.build())
          .replace("\uFFFE", "\\ufffe")
          .replace("\uFFFF", "\\uffff");
    } catch (CloudEventRWException | JsonProcessingException e) {
      throw new IllegalArgumentException("no CloudEvent: " + e.getMessage(), e);
    }
  }

  /** A number in 20 digits. */
  private static String sortable(long number) {
    String digits = Long.toString(number);
    return "0".repeat(20 - digits.length()) + digits;
  }

  /** Several events' JSON as one: the batch format. */
  public static String pack(List<String> encoded) {
    return "[" + String.join(",", encoded) + "]";
  }

  /**
   * The events of a message, one or several.
   *
   * @throws UnreadableMessageException if any of it is not a CloudEvent of an outbox
   */
  public static List<Received> decode(String body) throws UnreadableMessageException {
    try {
      CloudEvent[] events =
          body.stripLeading().startsWith("[")
              ? MAPPER.readValue(body, CloudEvent[].class)
              : new CloudEvent[] {MAPPER.readValue(body, CloudEvent.class)};
      if (events.length == 0) {
        throw new UnreadableMessageException("an empty batch", null);
      }
      return List.of(events).stream().map(CloudEventsCodec::received).toList();
    } catch (IOException | RuntimeException e) {
      throw new UnreadableMessageException("not CloudEvents of an outbox: " + e.getMessage(), e);
    }
  }

  /** Whether a media type is one whose payload stands in a message as JSON. */
  static void requireJsonIfPromised(String contentType, byte[] payload) {
    if (!contentType.equals(Event.JSON) && !JSON_TYPE.matcher(contentType).matches()) {
      return;
    }
    try (JsonParser parser = MAPPER.getFactory().createParser(payload)) {
      if (parser.nextToken() == null) {
        throw new IllegalArgumentException("content type is JSON and the payload is empty");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("content type is JSON and the payload goes on after it");
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "content type is JSON and the payload is not: " + e.getMessage(), e);
    }
  }

  private static Received received(CloudEvent event) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String name : event.getExtensionNames()) {
      if (!OWN_EXTENSIONS.contains(name)) {
        headers.put(name, Objects.toString(event.getExtension(name)));
      }
    }
    var data = event.getData();
    OffsetDateTime time = event.getTime();
    Object epoch = event.getExtension("epoch");
    return new Received(
        new Event(
            UUID.fromString(event.getId()),
            new Aggregate(text(event, "aggregatetype"), required("subject", event.getSubject())),
            Long.parseLong(text(event, "sequence")),
            event.getType(),
            time == null ? Instant.EPOCH : time.toInstant(),
            Objects.requireNonNullElse(event.getDataContentType(), Event.JSON),
            data == null ? new byte[0] : data.toBytes(),
            headers),
        event.getSource().toString(),
        epoch == null ? 0 : Long.parseLong(epoch.toString()));
  }

  private static String text(CloudEvent event, String extension) {
    return required(extension, event.getExtension(extension)).toString();
  }

  private static <T> T required(String name, @Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  /** The bytes that a message's text has in UTF-8, which is what SQS counts. */
  public static int size(String body) {
    return body.getBytes(UTF_8).length;
  }
}
