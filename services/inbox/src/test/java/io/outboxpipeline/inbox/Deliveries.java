package io.outboxpipeline.inbox;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.LongStream;

/** Events as they arrive, and a handler that writes down what it is given. */
final class Deliveries {
  static final String SOURCE = "/outbox/one";

  /** The lock of who uses the databases that each test finds empty. */
  static final String EMPTIED = "databases with an inbox, emptied";

  private static final Map<TestDatabase, Database> DATABASES = new EnumMap<>(TestDatabase.class);

  private Deliveries() {}

  static Chain chain(String id) {
    return new Chain(SOURCE, new Aggregate("spending", id));
  }

  /** The same chain and number give the same event, as a repeated delivery does. */
  static Received event(Chain chain, long sequence) {
    return event(chain, sequence, "spending.created");
  }

  static Received tombstone(Chain chain, long sequence) {
    return event(chain, sequence, Event.TOMBSTONE);
  }

  /** Another event with the same number, as a database that went back gives it out. */
  static Received again(Chain chain, long sequence, Duration later) {
    Received first = event(chain, sequence);
    Event event = first.event();
    return new Received(
        new Event(
            UUID.nameUUIDFromBytes((chain + "again" + sequence).getBytes(StandardCharsets.UTF_8)),
            event.aggregate(),
            sequence,
            event.type(),
            event.time().plus(later),
            event.contentType(),
            event.payload(),
            event.headers()),
        first.source(),
        first.epoch());
  }

  private static Received event(Chain chain, long sequence, String type) {
    byte[] name = (chain + "/" + sequence).getBytes(StandardCharsets.UTF_8);
    return new Received(
        new Event(
            UUID.nameUUIDFromBytes(name),
            chain.aggregate(),
            sequence,
            type,
            Instant.parse("2025-01-02T03:04:05.678901Z").plusSeconds(sequence),
            Event.JSON,
            type.equals(Event.TOMBSTONE)
                ? new byte[0]
                : "{\"ü\":1}".getBytes(StandardCharsets.UTF_8),
            Map.of("traceparent", "00-" + sequence)),
        chain.source(),
        1);
  }

  static List<Received> events(Chain chain, long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(n -> event(chain, n)).toList();
  }

  /** The server's one database with an inbox, emptied: migrations take their time. */
  static Database database(TestDatabase server) {
    Database database = DATABASES.computeIfAbsent(server, Deliveries::create);
    database.execute(
        "DELETE FROM inbox",
        "DELETE FROM inbox_parked",
        "DELETE FROM inbox_conflict",
        "DELETE FROM applied");
    return database;
  }

  private static Database create(TestDatabase server) {
    Database database = server.create();
    Migrations.inbox(database.dataSource());
    database.execute(
        """
        CREATE TABLE applied (
          n BIGINT AUTO_INCREMENT PRIMARY KEY,
          id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
          sequence BIGINT NOT NULL)
        """);
    return database;
  }

  static void write(Connection transaction, List<Event> run) throws SQLException {
    try (var s =
        transaction.prepareStatement(
            "INSERT INTO applied (id, sequence) VALUES (?, ?)"
                + ", (?, ?)".repeat(run.size() - 1))) {
      int column = 1;
      for (Event event : run) {
        s.setString(column++, event.aggregate().id());
        s.setLong(column++, event.sequence());
      }
      s.executeUpdate();
    }
  }

  /** The numbers applied per aggregate id, in the order in which they were. */
  static Map<String, List<Long>> applied(Database database) {
    var applied = new TreeMap<String, List<Long>>();
    try (Connection c = database.dataSource().getConnection();
        var rows =
            c.createStatement().executeQuery("SELECT id, sequence FROM applied ORDER BY n")) {
      while (rows.next()) {
        applied.computeIfAbsent(rows.getString(1), i -> new ArrayList<>()).add(rows.getLong(2));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return applied;
  }

  static List<Long> numbers(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
