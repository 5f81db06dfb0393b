package io.outboxpipeline.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * A yardstick: what the database allows. One connection reads through the heads of all slots and
 * deletes by key, and sends nothing.
 */
final class DatabaseLimit {
  private static final int HEAD = 16;

  private DatabaseLimit() {}

  /** Drains the outbox; rows per second. */
  static double drain(DataSource database) throws SQLException {
    String heads =
        IntStream.range(0, 256)
            .mapToObj(
                slot ->
                    "(SELECT slot, id, aggregate_type, aggregate_id, sequence, event_id, payload FROM obt WHERE slot = %d ORDER BY id LIMIT %d)"
                        .formatted(slot, HEAD))
            .collect(Collectors.joining(" UNION ALL "));
    long rows = 0;
    long began = System.nanoTime();
    try (Connection c = database.getConnection();
        var read = c.createStatement();
        var delete = c.prepareStatement("DELETE FROM obt WHERE slot = ? AND id = ?")) {
      c.setAutoCommit(false);
      while (true) {
        int found = 0;
        try (var row = read.executeQuery(heads)) {
          while (row.next()) {
            delete.setInt(1, row.getInt(1));
            delete.setLong(2, row.getLong(2));
            delete.addBatch();
            found += row.getBytes(7).length > 0 ? 1 : 0;
          }
        }
        if (found == 0) {
          return rows * 1e9 / (System.nanoTime() - began);
        }
        delete.executeBatch();
        c.commit();
        rows += found;
      }
    }
  }
}
