package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A replica that repeats the source's statements has the same rows as its source. */
final class ReplicatedAppendIT {
  private static final String ROWS =
      """
      SELECT CONCAT_WS(' ', slot, id, aggregate_type, aggregate_id, sequence, event_id, event_type, payload)
      FROM obt ORDER BY id
      """;

  private static final String COUNTERS =
      "SELECT CONCAT_WS(' ', aggregate_type, aggregate_id, last_sequence) FROM obt_aggregate ORDER BY 1";

  /** Where a binary log ends. */
  private record Position(String file, long at) {}

  private static NewEvent event(String aggregate) {
    return NewEvent.json(new Aggregate("spending", aggregate), "created", "{}");
  }

  @Test
  void statements_of_the_binary_log_write_the_same_rows_again() throws SQLException {
    Database database = TestDatabase.MYSQL.create();
    Migrations.outbox(database.dataSource());
    Position start;
    List<String> rows;
    List<String> counters;
    try (Connection c = database.dataSource().getConnection();
        Statement s = c.createStatement()) {
      s.execute("SET SESSION binlog_format = 'STATEMENT'");
      start = end(s);
      c.setAutoCommit(false);
      c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      Outbox.append(c, event("alice"));
      Outbox.append(c, List.of(event("alice"), event("bob"), event("alice")));
      c.commit();
      Outbox.append(c, event("bob"));
      c.rollback();
      Outbox.append(
          c, List.of(event("d"), event("bob"), event("c"), event("alice"), event("d"), event("é")));
      c.commit();
      rows = texts(s, ROWS);
      counters = texts(s, COUNTERS);
      assertThat(rows).hasSize(10);
    }
    try (Connection c = database.dataSource().getConnection();
        Statement s = c.createStatement()) {
      List<String> statements = statements(s, start, database.name());
      s.execute("DELETE FROM obt");
      s.execute("DELETE FROM obt_aggregate");
      for (String statement : statements) {
        s.execute(statement);
      }
      assertThat(texts(s, ROWS)).isEqualTo(rows);
      assertThat(texts(s, COUNTERS)).isEqualTo(counters);
    }
  }

  private static Position end(Statement s) throws SQLException {
    try (var row = s.executeQuery("SHOW BINARY LOG STATUS")) {
      row.next();
      return new Position(row.getString(1), row.getLong(2));
    }
  }

  /** What a replica would run for this database's tables. */
  private static List<String> statements(Statement s, Position from, String database)
      throws SQLException {
    List<String> all = new ArrayList<>();
    List<String> variables = new ArrayList<>();
    String use = "use `" + database + "`; ";
    String events = "SHOW BINLOG EVENTS IN '%s' FROM %s".formatted(from.file, from.at);
    try (var row = s.executeQuery(events)) {
      while (row.next()) {
        String info = row.getString("Info");
        switch (row.getString("Event_type")) {
          case "Intvar" -> variables.add("SET " + info);
          case "Query" -> {
            if (info.startsWith(use + "INSERT")) {
              all.addAll(variables);
              all.add(info.substring(use.length()));
            }
            variables.clear();
          }
          default -> {
            // Begins, commits, and rows of other tests.
          }
        }
      }
    }
    return all;
  }

  private static List<String> texts(Statement s, String query) throws SQLException {
    List<String> all = new ArrayList<>();
    try (var row = s.executeQuery(query)) {
      while (row.next()) {
        all.add(row.getString(1));
      }
    }
    return all;
  }
}
