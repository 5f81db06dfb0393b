package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the outbox's tables say of themselves. The artifact {@code migrations} makes them. */
public final class Schema {

  private static final int NO_SUCH_TABLE = 1146;

  private Schema() {}

  /** What {@code append} writes, and how many characters or bytes each column must take. */
  private static final Map<String, Long> NEEDED =
      Map.ofEntries(
          Map.entry("obt.slot", 0L),
          Map.entry("obt.aggregate_type", 64L),
          Map.entry("obt.aggregate_id", 255L),
          Map.entry("obt.sequence", 0L),
          Map.entry("obt.event_id", 0L),
          Map.entry("obt.event_type", 255L),
          Map.entry("obt.content_type", 127L),
          Map.entry("obt.payload", (long) NewEvent.MAX_MESSAGE),
          Map.entry("obt.headers", 65_535L),
          Map.entry("obt_aggregate.aggregate_type", 64L),
          Map.entry("obt_aggregate.aggregate_id", 255L),
          Map.entry("obt_aggregate.last_sequence", 0L));

  /**
   * What an outbox's writer needs and the connection's database does not have: a table or column
   * that is missing or too short, such as one that an object mapper made.
   *
   * @return a sentence each, empty if nothing is missing
   */
  public static List<String> missing(Connection connection) throws SQLException {
    String sql =
        """
        SELECT table_name, column_name, character_maximum_length
        FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name IN ('obt', 'obt_aggregate')
        """;
    Map<String, Long> found = new HashMap<>();
    try (var s = connection.createStatement();
        var rows = s.executeQuery(sql)) {
      while (rows.next()) {
        found.put(rows.getString(1) + "." + rows.getString(2), rows.getLong(3));
      }
    }
    List<String> missing = new ArrayList<>();
    new TreeMap<>(NEEDED)
        .forEach(
            (column, length) -> {
              Long has = found.get(column);
              if (has == null) {
                missing.add("there is no " + column);
              } else if (has < length) {
                missing.add(column + " takes " + has + " instead of " + length);
              }
            });
    return missing;
  }

  /**
   * The name under which this outbox's events are sent if nobody gives another one: unlike any
   * other database's, and the same for ever.
   *
   * @return empty if the outbox is older than this, or its tables are: its relay then makes a name
   *     of the database's, as it always did
   */
  public static Optional<String> source(Connection connection) throws SQLException {
    try (var s = connection.createStatement();
        var row = s.executeQuery("SELECT source FROM obt_source WHERE id = 1")) {
      return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
