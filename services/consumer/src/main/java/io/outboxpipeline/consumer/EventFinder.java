package io.outboxpipeline.consumer;

import io.outboxpipeline.runtime.Sought;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds events without their aggregate: applied ones by a key, and kept ones among the first rows
 * of their tables, which have no such key. Without state.
 */
final class EventFinder {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int LOOKED_AT = 100_000;

  private EventFinder() {}

  static List<JsonObject> find(Connection c, Sought sought, int limit) throws SQLException {
    boolean event = !sought.eventId().isEmpty();
    String applied = event ? "event_id = ?" : "trace_id = ?";
    String kept = event ? "event_id = ?" : "headers LIKE CONCAT('%', ?, '%')";
    String sql =
        """
        SELECT 'spending', identity, event_id, sequence FROM obt_spending WHERE %s
        UNION
        SELECT aggregate_type, aggregate_id, event_id, sequence
        FROM (SELECT aggregate_type, aggregate_id, event_id, sequence, headers FROM inbox_parked LIMIT %s) p
        WHERE %s
        UNION
        SELECT aggregate_type, aggregate_id, event_id, sequence
        FROM (SELECT aggregate_type, aggregate_id, event_id, sequence, headers FROM inbox_conflict
              WHERE state = 'open' LIMIT %s) o
        WHERE %s
        LIMIT ?
        """
            .formatted(applied, LOOKED_AT, kept, LOOKED_AT, kept);
    String value = event ? sought.eventId() : sought.traceId();
    List<JsonObject> all = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, value);
      s.setString(2, value);
      s.setString(3, value);
      s.setInt(4, limit);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              JSON.createObjectBuilder()
                  .add("aggregateType", row.getString(1))
                  .add("aggregateId", row.getString(2))
                  .add("eventId", row.getString(3))
                  .add("sequence", row.getString(4))
                  .build());
        }
      }
    }
    return all;
  }
}
