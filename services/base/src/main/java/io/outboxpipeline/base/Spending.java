package io.outboxpipeline.base;

import jakarta.json.Json;
import jakarta.json.JsonObject;
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

  JsonObject json() {
    var json =
        Json.createObjectBuilder()
            .add("id", id)
            .add("eventId", eventId.toString())
            .add("sequence", sequence);
    what.fields().forEach(json::add);
    return json.add("createdAt", createdAt.toString()).build();
  }
}
