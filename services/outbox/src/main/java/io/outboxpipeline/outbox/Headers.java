package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the {@code headers} column keeps an event's headers: a JSON object, or NULL for none. */
public final class Headers {

  /** ASCII, so that no connection's character set changes it. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private static final TypeReference<Map<String, String>> TYPE = new TypeReference<>() {};

  private Headers() {}

  /** The column's value for headers. */
  public static @Nullable String toJson(Map<String, String> headers) {
    if (headers.isEmpty()) {
      return null;
    }
    try {
      return JSON.writeValueAsString(headers);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** How many bytes the column's value has. */
  static int size(Map<String, String> headers) {
    String json = toJson(headers);
    return json == null ? 0 : json.getBytes(UTF_8).length;
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
      Map<String, String> headers = JSON.readValue(json, TYPE);
      if (headers == null || headers.containsValue(null)) {
        throw new IllegalArgumentException("headers are not a JSON object of strings");
      }
      return headers;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("headers are not a JSON object of strings", e);
    }
  }
}
