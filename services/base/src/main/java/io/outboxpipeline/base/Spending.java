package io.outboxpipeline.base;

import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.time.Instant;
import java.util.UUID;

/**
 * A spending as it was recorded.
 *
 * @param id its number
 * @param eventId the event that tells of it
 * @param sequence the event's number among those of its identity
 * @param createdAt when it was recorded, to the microsecond
 */
record Spending(long id, UUID eventId, long sequence, NewSpending what, Instant createdAt) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  JsonObject json() {
    var json =
        JSON.createObjectBuilder()
            .add("id", id)
            .add("eventId", eventId.toString())
            .add("sequence", sequence);
    what.fields().forEach(json::add);
    return json.add("createdAt", createdAt.toString()).build();
  }
}
