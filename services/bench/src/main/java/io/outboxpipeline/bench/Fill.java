package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Writes a backlog, as the library would write it but in large transactions and without the
 * aggregates' numbers in {@code obt_aggregate}, which nobody reads here.
 */
final class Fill {
  private static final int PER_STATEMENT = 1000;

  private Fill() {}

  /** Events of 300 bytes, one after the other for each of the aggregates in turn. */
  static void backlog(DataSource database, String prefix, int events, int aggregates)
      throws SQLException {
    String sql =
        """
        INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)
        VALUES (?, 'bench', ?, ?, ?, 'bench.event', 'application/json', ?)
        """;
    byte[] payload = Payload.of(0).getBytes(UTF_8);
    try (Connection c = database.getConnection();
        var s = c.prepareStatement(sql)) {
      c.setAutoCommit(false);
      for (int n = 0; n < events; n++) {
        var aggregate = new Aggregate("bench", prefix + n % aggregates);
        s.setInt(1, aggregate.slot());
        s.setString(2, aggregate.id());
        s.setLong(3, n / aggregates + 1);
        s.setString(4, new UUID(n, System.nanoTime()).toString());
        s.setBytes(5, payload);
        s.addBatch();
        if ((n + 1) % PER_STATEMENT == 0 || n == events - 1) {
          s.executeBatch();
          c.commit();
        }
      }
    }
  }
}
