package io.outboxpipeline.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  /**
   * Drains an outbox in a JVM of its own; the first tenth is not measured. Tells the rates of the
   * second and of the last tenth, too: is a large backlog's beginning slower for the database
   * alone?
   */
  public static void main(String[] args) throws SQLException {
    String heads =
        IntStream.range(0, 256)
            .mapToObj(
                slot ->
                    String.format(
                        Locale.ROOT,
                        "(SELECT slot, id, aggregate_type, aggregate_id, sequence, event_id, payload FROM obt WHERE slot = %d ORDER BY id LIMIT %d)",
                        slot,
                        HEAD))
            .collect(Collectors.joining(" UNION ALL "));
    try (Connection c = Rig.source(System.getenv()).getConnection();
        Statement statement = c.createStatement()) {
      c.setAutoCommit(false);
      long all = count(statement);
      var left = new long[11];
      var at = new long[11];
      left[0] = all;
      for (int tenth = 1; tenth <= 10; tenth++) {
        left[tenth] = left[tenth - 1];
        while (left[tenth] > all * (10 - tenth) / 10) {
          left[tenth] -= step(c, statement, heads);
        }
        at[tenth] = System.nanoTime();
      }
      Rig.tell(rate("rate", left, at, 1, 10));
      Rig.tell(rate("second", left, at, 1, 2));
      Rig.tell(rate("last", left, at, 9, 10));
    }
  }

  private static Figure rate(String name, long[] left, long[] at, int from, int to) {
    String unit = to - from == 1 ? "rows/s, " + name + " tenth" : "rows/s";
    return new Figure(name, (left[from] - left[to]) * 1e9 / (at[to] - at[from]), unit);
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
          String.format(
              Locale.ROOT, "DELETE FROM obt WHERE slot = %d AND id IN (%s)", slot.getKey(), ids));
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
