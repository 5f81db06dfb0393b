package io.outboxpipeline.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
        var statement = c.createStatement()) {
      c.setAutoCommit(false);
      while (true) {
        Map<Integer, List<Long>> found = new TreeMap<>();
        try (var row = statement.executeQuery(heads)) {
          while (row.next()) {
            found.computeIfAbsent(row.getInt(1), n -> new ArrayList<>()).add(row.getLong(2));
            rows += row.getBytes(7).length > 0 ? 1 : 0;
          }
        }
        if (found.isEmpty()) {
          return rows * 1e9 / (System.nanoTime() - began);
        }
        for (var slot : found.entrySet()) {
          String ids =
              slot.getValue().stream().map(String::valueOf).collect(Collectors.joining(","));
          statement.addBatch(
              "DELETE FROM obt WHERE slot = %d AND id IN (%s)".formatted(slot.getKey(), ids));
        }
        statement.executeBatch();
        c.commit();
      }
    }
  }
}
