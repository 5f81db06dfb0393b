package io.outboxpipeline.outbox;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the {@code headers} column keeps an event's headers: a JSON object, or NULL for none. */
public final class Headers {

  /** ASCII, so that no connection's character set changes it. */
  private static final JsonFactory WRITER =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** Apart, because whoever only writes needs none of it. */
  private static final class Reader {
    static final ObjectMapper JSON = new ObjectMapper();
    static final TypeReference<Map<String, String>> TYPE = new TypeReference<>() {};
  }

  private Headers() {}

  /** The column's value for headers. */
  public static @Nullable String toJson(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    var text = new StringWriter();
    try (JsonGenerator out = WRITER.createGenerator(text)) {
      out.writeStartObject();
      for (Map.Entry<String, String> header : headers.entrySet()) {
        out.writeStringField(header.getKey(), header.getValue());
      }
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** How many bytes the column's value has, which are ASCII characters. */
  static int size(Map<String, String> headers) {
    String json = toJson(headers);
    return json == null ? 0 : json.length();
  }

  /**
   * The headers in a column's value.
   *
   * @throws IllegalArgumentException if it is not an object of strings
   */
  public static Map<String, String> ofColumn(@Nullable String json) {
    if (json == null) {
      return Map.of();
    }
    try {
      Map<String, String> headers = Reader.JSON.readValue(json, Reader.TYPE);
      if (headers == null || headers.containsValue(null)) {
        throw new IllegalArgumentException("headers are not a JSON object of strings");
      }
      return headers;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("headers are not a JSON object of strings", e);
    }
  }
}
