package io.outboxpipeline.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the {@code headers} column keeps an event's headers: a JSON object, or NULL for none. */
public final class Headers {

  private static final ObjectMapper JSON = new ObjectMapper();
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
      return JSON.readValue(json, TYPE);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("headers are not a JSON object of strings", e);
    }
  }
}
