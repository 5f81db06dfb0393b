package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.outboxpipeline.outbox.CloudEventsCodec.Item;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.Unreadable;
import java.io.IOException;
import java.io.StringWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one CloudEvent, attribute by attribute, its data token by token. Used once. */
final class EnvelopeReader {
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,40}");

  private final Map<String, String> attributes = new LinkedHashMap<>();

  /** The tokens of {@code data}, and its text if it is one string. */
  private @Nullable String data;

  private @Nullable String dataText;
  private byte @Nullable [] binary;

  private EnvelopeReader() {}

  static Item read(String json, Consumer<Received> check) {
    var reader = new EnvelopeReader();
    try (JsonParser in = Json.FACTORY.createParser(json)) {
      reader.readAll(in);
      Received received = reader.received();
      check.accept(received);
      return received;
    } catch (JsonProcessingException e) {
      return unreadable(json, Json.why(e));
    } catch (IOException | IllegalArgumentException e) {
      return unreadable(json, String.valueOf(e.getMessage()));
    }
  }

  private static Unreadable unreadable(String json, String reason) {
    return new Unreadable(json, CloudEventsCodec.NOT_OURS + reason);
  }

  private void readAll(JsonParser in) throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("not a JSON object");
    }
    Set<String> seen = new HashSet<>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      in.nextToken();
      if (!seen.add(name)) {
        throw new IllegalArgumentException("an attribute twice");
      }
      switch (name) {
        case "data" -> readData(in);
        case "data_base64" -> readBinary(in);
        default -> readAttribute(name, in);
      }
    }
    if (in.nextToken() != null) {
      throw new IllegalArgumentException("the message goes on after the event");
    }
  }

  private void readData(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      dataText = in.getText();
    }
    var text = new StringWriter();
    try (JsonGenerator out = Json.FACTORY.createGenerator(text)) {
      Json.copyValue(in, out);
    }
    data = text.toString();
  }

  private void readBinary(JsonParser in) throws IOException {
    switch (in.currentToken()) {
      case VALUE_STRING -> binary = decoded(in.getText());
      case VALUE_NULL -> {
        // As good as left out.
      }
      default -> throw new IllegalArgumentException("data_base64 is not a string");
    }
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("data_base64 is not base64", e);
    }
  }

  private void readAttribute(String name, JsonParser in) throws IOException {
    switch (in.currentToken()) {
      case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE -> {
        String value = in.getText();
        Texts.requireWhole("an attribute", name);
        Texts.requireWhole("an attribute", value);
        attributes.put(name, value);
      }
      case VALUE_NULL -> {
        // As good as left out.
      }
      default -> throw new IllegalArgumentException("an attribute is an object or an array");
    }
  }

  private Received received() {
    if (!required("specversion").equals("1.0")) {
      throw new IllegalArgumentException("specversion is not 1.0");
    }
    if (data != null && binary != null) {
      throw new IllegalArgumentException("both data and data_base64");
    }
    String contentType = Objects.requireNonNullElse(attributes.get("datacontenttype"), Event.JSON);
    var event =
        new Event(
            id(required("id")),
            new Aggregate(required("aggregatetype"), required("subject")),
            number("sequence", required("sequence")),
            required("type"),
            time(attributes.get("time")),
            contentType,
            payload(contentType),
            headers());
    String epoch = attributes.get("epoch");
    return new Received(event, required("source"), epoch == null ? 0 : number("epoch", epoch));
  }

  /** A string that is the data of something that is not JSON is that thing's text. */
  private byte[] payload(String contentType) {
    if (binary != null) {
      return binary;
    }
    if (dataText != null && !MediaType.isJson(contentType)) {
      return dataText.getBytes(UTF_8);
    }
    return data == null ? new byte[0] : data.getBytes(UTF_8);
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>(attributes);
    headers.keySet().removeAll(CloudEventsCodec.CONTEXT);
    headers.keySet().removeAll(CloudEventsCodec.OWN_EXTENSIONS);
    return headers;
  }

  private String required(String name) {
    String value = attributes.get(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  /** Only the form that is written, because another form of an id would be another id. */
  private static UUID id(String text) {
    if (!UUID_TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("id is not a UUID");
    }
    return UUID.fromString(text);
  }

  private static long number(String name, String text) {
    try {
      if (DIGITS.matcher(text).matches()) {
        return Long.parseLong(text);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is too large", e);
    }
    throw new IllegalArgumentException(name + " is not a whole number");
  }

  private static Instant time(@Nullable String text) {
    try {
      return text == null ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("time is not a time with an offset", e);
    }
  }
}
