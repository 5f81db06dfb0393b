package io.outboxpipeline.consumer;

import io.outboxpipeline.outbox.Aggregate;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** When spendings were applied; the worked example's part of an answer. Without state. */
final class AppliedSpendings {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private AppliedSpendings() {}

  /** The last events of an identity that were applied, the newest first. */
  static List<JsonObject> last(Connection c, Aggregate aggregate, int limit) throws SQLException {
    if (!aggregate.type().equals("spending")) {
      return List.of();
    }
    String sql =
        """
        SELECT event_id, sequence, applied_at
        FROM obt_spending
        WHERE identity = ?
        ORDER BY sequence DESC
        LIMIT ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, aggregate.id());
      s.setInt(2, limit);
      List<JsonObject> all = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              JSON.createObjectBuilder()
                  .add("eventId", row.getString(1))
                  .add("sequence", row.getString(2))
                  .add(
                      "appliedAt",
                      row.getObject(3, LocalDateTime.class).toInstant(ZoneOffset.UTC).toString())
                  .build());
        }
      }
      return all;
    }
  }
}
