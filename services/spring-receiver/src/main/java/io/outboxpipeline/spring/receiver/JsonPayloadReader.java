package io.outboxpipeline.spring.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.outboxpipeline.outbox.Event;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads JSON by a mapper of its own, because an application's mapper changes, and Jackson 2 and 3
 * read differently. Properties that are not known are passed over, because senders add some; a
 * {@code null} or an absent value for a primitive, and text after the value, are refused. A {@code
 * String} or {@code byte[]} gets the payload as it is. Thread-safe.
 */
public final class JsonPayloadReader implements PayloadReader {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
          .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
          .disable(EnumFeature.READ_ENUM_KEYS_USING_INDEX)
          .disable(MapperFeature.ALLOW_FINAL_FIELDS_AS_MUTATORS)
          .build();

  /** The names of properties, but not the keys of a map, which are values, too. */
  private static String place(JsonMappingException e) {
    return e.getPath().stream()
        .map(r -> r.getFieldName() == null || r.getFrom() instanceof Map ? "*" : r.getFieldName())
        .collect(Collectors.joining("."));
  }

  @Override
  public Object read(Event event, Type type) {
    if (type.equals(byte[].class)) {
      return event.payload();
    }
    if (type.equals(String.class)) {
      return new String(event.payload(), UTF_8);
    }
    try {
      Object value = MAPPER.readValue(event.payload(), MAPPER.constructType(type));
      if (value == null) {
        throw new EventRejectedException("the payload is null");
      }
      return value;
    } catch (JsonMappingException e) {
      throw new EventRejectedException(
          "the payload is no " + type.getTypeName() + ": look at " + place(e));
    } catch (JsonProcessingException e) {
      throw new EventRejectedException("the payload is not JSON");
    } catch (IOException e) {
      throw new EventRejectedException("the payload cannot be read");
    }
  }
}
