package io.outboxpipeline.consumer;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.runtime.AdminCaller;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The record of what people decided. Without state. */
final class DecisionTable {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private DecisionTable() {}

  /** Keeps a decision, in the transaction that carries it out. */
  static void keep(Connection c, String decision, Chain chain, long sequence, AdminCaller by)
      throws SQLException {
    String sql =
        """
        INSERT INTO consumer_decision
          (decided_at, decision, source, aggregate_type, aggregate_id, sequence, token, address, why)
        VALUES (UTC_TIMESTAMP(6), ?, ?, ?, ?, ?, ?, ?, ?)
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, decision);
      s.setString(2, chain.source());
      s.setString(3, chain.aggregate().type());
      s.setString(4, chain.aggregate().id());
      s.setLong(5, sequence);
      s.setString(6, by.token());
      s.setString(7, by.address());
      s.setString(8, by.why());
      s.executeUpdate();
    }
  }

  /** The last decisions, the newest first. */
  static List<JsonObject> last(Connection c, int limit) throws SQLException {
    String sql =
        """
        SELECT decided_at, decision, source, aggregate_type, aggregate_id, sequence, token, address, why
        FROM consumer_decision
        ORDER BY id DESC
        LIMIT ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, limit);
      List<JsonObject> all = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              JSON.createObjectBuilder()
                  .add(
                      "at",
                      row.getObject(1, LocalDateTime.class).toInstant(ZoneOffset.UTC).toString())
                  .add("decision", row.getString(2))
                  .add("source", row.getString(3))
                  .add("aggregateType", row.getString(4))
                  .add("aggregateId", row.getString(5))
                  .add("sequence", row.getString(6))
                  .add("token", row.getString(7))
                  .add("address", row.getString(8))
                  .add("why", row.getString(9))
                  .build());
        }
      }
      return all;
    }
  }
}
