package io.outboxpipeline.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A yardstick: what the database allows. One connection reads through the heads of all slots and
 * deletes by key, and sends nothing.
 */
final class DatabaseLimit implements Scenario {
  private static final int HEAD = 16;

  @Override
  public String name() {
    return "database-limit";
  }

  @Override
  public String title() {
    return "yardstick: the database alone, rows read and deleted";
  }

  @Override
  public Result run(Rig rig) throws Exception {
    int events = rig.options().events();
    var database = rig.backlog(events, Rig.AGGREGATES);
    return rig.measuredBy(DatabaseLimit.class, Rig.environment(database, Map.of()));
  }

  /** Drains an outbox in a JVM of its own; the first tenth is not measured. */
  public static void main(String[] args) throws SQLException {
    String heads =
        IntStream.range(0, 256)
            .mapToObj(
                slot ->
                    "(SELECT slot, id, aggregate_type, aggregate_id, sequence, event_id, payload FROM obt WHERE slot = %d ORDER BY id LIMIT %d)"
                        .formatted(slot, HEAD))
            .collect(Collectors.joining(" UNION ALL "));
    try (Connection c = Rig.source(System.getenv()).getConnection();
        Statement statement = c.createStatement()) {
      c.setAutoCommit(false);
      long all = count(statement);
      long left = all;
      while (left > all * 9 / 10) {
        left -= step(c, statement, heads);
      }
      long measured = left;
      long began = System.nanoTime();
      while (left > 0) {
        left -= step(c, statement, heads);
      }
      Rig.tell(new Figure("rate", measured * 1e9 / (System.nanoTime() - began), "rows/s"));
    }
  }

  private static int step(Connection c, Statement statement, String heads) throws SQLException {
    Map<Integer, List<Long>> found = new TreeMap<>();
    int rows = 0;
    try (var row = statement.executeQuery(heads)) {
      while (row.next()) {
        found.computeIfAbsent(row.getInt(1), _ -> new ArrayList<>()).add(row.getLong(2));
        rows += row.getBytes(7).length > 0 ? 1 : 0;
      }
    }
    for (var slot : found.entrySet()) {
      String ids = slot.getValue().stream().map(String::valueOf).collect(Collectors.joining(","));
      statement.addBatch(
          "DELETE FROM obt WHERE slot = %d AND id IN (%s)".formatted(slot.getKey(), ids));
    }
    statement.executeBatch();
    c.commit();
    return rows;
  }

  private static long count(Statement statement) throws SQLException {
    try (var row = statement.executeQuery("SELECT COUNT(*) FROM obt")) {
      row.next();
      return row.getLong(1);
    }
  }
}
