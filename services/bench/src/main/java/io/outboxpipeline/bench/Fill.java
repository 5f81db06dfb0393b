package io.outboxpipeline.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Writes a backlog, as the library would write it but in large transactions and without the
 * aggregates' numbers in {@code obt_aggregate}, which nobody reads here.
 */
final class Fill {
  private static final int PER_STATEMENT = 1000;

  private static final String DIRTY = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'";
  private static final Duration SETTLING = Duration.ofSeconds(20);

  private Fill() {}

  /**
   * Events of 300 bytes, one after the other for each of the aggregates in turn. Returns when the
   * server has written most of it to its tables, as it would have of a backlog that grew slowly.
   */
  static void backlog(DataSource database, String prefix, int events, int aggregates)
      throws SQLException, InterruptedException {
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
      settle(c);
    }
  }

  /** MariaDB leaves pages dirty by default: as soon as they don't get fewer, that's it. */
  private static void settle(Connection c) throws SQLException, InterruptedException {
    long until = System.nanoTime() + SETTLING.toNanos();
    long before = Long.MAX_VALUE;
    try (var s = c.createStatement()) {
      while (System.nanoTime() - until < 0) {
        Thread.sleep(Duration.ofSeconds(1));
        try (var row = s.executeQuery(DIRTY)) {
          row.next();
          long dirty = row.getLong(2);
          if (dirty >= before || dirty < 100) {
            return;
          }
          before = dirty;
        }
      }
    }
  }
}
