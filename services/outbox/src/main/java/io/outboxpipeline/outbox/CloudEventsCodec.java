package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Events as CloudEvents 1.0 JSON: one event alone, or several as the JSON batch format.
 * Thread-safe.
 *
 * <p>The aggregate's id is the {@code subject}; the extensions are {@code aggregatetype}, {@code
 * sequence} (20 digits, so that it sorts as text, as that extension demands), {@code partitionkey}
 * and {@code epoch}. A JSON payload is the event's {@code data}, written token by token; any other
 * its {@code data_base64}.
 */
public final class CloudEventsCodec {

  static final Set<String> OWN_EXTENSIONS =
      Set.of("aggregatetype", "sequence", "partitionkey", "epoch");

  static final Set<String> CONTEXT =
      Set.of(
          "specversion",
          "id",
          "source",
          "type",
          "subject",
          "time",
          "data",
          "datacontenttype",
          "dataschema");

  /** How every reason begins. */
  static final String NOT_OURS = "not CloudEvents of an outbox: ";

  private static final Pattern HEADER = Pattern.compile("[a-z0-9]+");

  private CloudEventsCodec() {}

  /** One event of a message. */
  public sealed interface Item {}

  /**
   * An event that was received, and by whom it was sent.
   *
   * @param source which outbox it comes from
   * @param epoch of the relay's partition when it was sent; 0 if the message does not say
   */
  public record Received(Event event, String source, long epoch) implements Item {}

  /**
   * A part of a message that is not an event of an outbox, or not whole.
   *
   * @param body the part, as a message of its own; the whole message if its parts cannot be told
   *     apart
   * @param reason shows nothing of the payload
   */
  public record Unreadable(String body, String reason) implements Item {}

  /** A message that is not one of ours, or not whole. */
  public static final class UnreadableMessageException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableMessageException(String message) {
      super(message);
    }
  }

  /** Whether an event may have a header of this name: no other attribute has it. */
  static boolean mayBeHeader(String name) {
    return HEADER.matcher(name).matches()
        && !CONTEXT.contains(name)
        && !OWN_EXTENSIONS.contains(name);
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
    var text = new StringWriter(event.payload().length + 512);
    try (JsonGenerator out = Json.FACTORY.createGenerator(text)) {
      write(event, source, epoch, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String body = text.toString();
    Texts.requireWhole("an attribute", body);
    // SQS refuses U+FFFE and U+FFFF; in JSON they stand only in strings, where they can be escaped.
    return body.replace("\uFFFE", "\\ufffe").replace("\uFFFF", "\\uffff");
  }

  private static void write(Event event, URI source, long epoch, JsonGenerator out)
      throws IOException {
    Aggregate aggregate = event.aggregate();
    out.writeStartObject();
    out.writeStringField("specversion", "1.0");
    out.writeStringField("id", event.id().toString());
    out.writeStringField("source", source.toString());
    out.writeStringField("type", event.type());
    if (!event.tombstone()) {
      out.writeStringField("datacontenttype", event.contentType());
    }
    out.writeStringField("subject", aggregate.id());
    out.writeStringField("time", event.time().toString());
    out.writeStringField("aggregatetype", aggregate.type());
    out.writeStringField("sequence", sortable(event.sequence()));
    out.writeStringField("partitionkey", aggregate.type() + "/" + aggregate.id());
    out.writeStringField("epoch", Long.toString(epoch));
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      if (!mayBeHeader(header.getKey())) {
        throw new IllegalArgumentException("a header's name is reserved or not of a-z, 0-9");
      }
      out.writeStringField(header.getKey(), header.getValue());
    }
    if (!event.tombstone()) {
      if (MediaType.isJson(event.contentType())) {
        MediaType.requireUtf8(event.contentType());
        out.writeFieldName("data");
        Json.copy(event.payload(), out);
      } else {
        out.writeFieldName("data_base64");
        out.writeBinary(
            Base64Variants.MIME_NO_LINEFEEDS, event.payload(), 0, event.payload().length);
      }
    }
    out.writeEndObject();
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
   * The events of a message, one or several, if all of it is readable.
   *
   * @throws UnreadableMessageException if any of it is not a CloudEvent of an outbox
   */
  public static List<Received> decode(String body) throws UnreadableMessageException {
    List<Received> events = new ArrayList<>();
    for (Item item : decodeEach(body)) {
      if (item instanceof Unreadable unreadable) {
        throw new UnreadableMessageException(unreadable.reason());
      }
      events.add((Received) item);
    }
    return events;
  }

  /**
   * The events of a message one by one, so that one that is not readable takes no other along.
   *
   * @return at least one
   */
  public static List<Item> decodeEach(String body) {
    return decodeEach(body, event -> {});
  }

  /**
   * The events of a message one by one, where the receiver has limits of its own.
   *
   * @param check throws an {@code IllegalArgumentException} for an event that it cannot take, whose
   *     message is then the reason
   * @return at least one
   */
  public static List<Item> decodeEach(String body, Consumer<Received> check) {
    return Batch.split(body).stream()
        .map(
            part ->
                part instanceof Batch.Element element
                    ? EnvelopeReader.read(element.json(), check)
                    : new Unreadable(body, NOT_OURS + ((Batch.Broken) part).reason()))
        .toList();
  }

  /** The bytes that a message's text has in UTF-8, which is what SQS counts. */
  public static int size(String body) {
    return body.getBytes(UTF_8).length;
  }
}
