package io.outboxpipeline.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the events that a queue has accepted, and those that it had accepted before. Thread-safe.
 */
final class SentEvents {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Set<String> ids = ConcurrentHashMap.newKeySet();
  private final AtomicLong twice = new AtomicLong();

  /**
   * Counts a message's events.
   *
   * @param body a CloudEvent in JSON, or several
   * @throws IllegalArgumentException if it is neither
   */
  void accepted(String body) {
    JsonNode read;
    try {
      read = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + body, e);
    }
    if (read.isArray()) {
      read.forEach(this::count);
    } else {
      count(read);
    }
  }

  private void count(JsonNode event) {
    if (!ids.add(event.get("id").asText())) {
      twice.incrementAndGet();
    }
  }

  /** Both numbers, as JSON. */
  String counts() {
    return String.format(Locale.ROOT, "{\"events\":%d,\"twice\":%d}", ids.size(), twice.get());
  }
}
