package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The record of events that can never be sent, in a table of the database. Thread-safe. */
public final class QuarantineTable implements Quarantine {
  private static final int MAX_REASON = 1000;

  /** Rows of the held events' slots that are counted at most. */
  private static final int COUNTED = 100_000;

  private final Transactions transactions;

  public QuarantineTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /** The aggregates of a range of slots that are held. */
  static List<Held> held(Connection c, SlotRange slots) throws SQLException {
    String sql =
        """
        SELECT aggregate_type, aggregate_id, id, event_id, CAST(UNIX_TIMESTAMP(since) * 1000000 AS SIGNED)
        FROM obt_quarantine WHERE state = 'held' AND slot BETWEEN ? AND ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, slots.first());
      s.setInt(2, slots.last());
      List<Held> held = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          held.add(
              new Held(
                  new Aggregate(row.getString(1), row.getString(2)),
                  row.getLong(3),
                  row.getString(4),
                  instant(row.getLong(5))));
        }
      }
      return held;
    }
  }

  /** Which of these events still hold their aggregates. */
  static Set<String> stillHeld(Connection c, Set<String> eventIds) throws SQLException {
    String sql =
        "SELECT event_id FROM obt_quarantine WHERE state = 'held' AND event_id IN (?%s)"
            .formatted(", ?".repeat(eventIds.size() - 1));
    try (var s = c.prepareStatement(sql)) {
      int column = 1;
      for (String id : eventIds) {
        s.setString(column++, id);
      }
      Set<String> held = new LinkedHashSet<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          held.add(row.getString(1));
        }
      }
      return held;
    }
  }

  /**
   * Records an event, in the caller's transaction; does nothing if the partition is another's. A
   * row without a proper id, or with one that another row has, is given one: by its id a person
   * decides.
   *
   * @return the id that it is recorded by
   */
  static String record(Connection transaction, Refusal refusal) throws SQLException {
    StoredEvent event = refusal.event();
    if (!DatabaseFence.stale(transaction, Map.of(refusal.partition(), refusal.epoch())).isEmpty()) {
      return event.eventId();
    }
    String id = event.eventId();
    if (!EventIds.isValid(id) || isAnothers(transaction, event)) {
      id = EventIds.inPlaceOf(id, event.slot(), event.position());
      try (var s =
          transaction.prepareStatement(
              "UPDATE obt SET event_id = ? WHERE slot = ? AND id = ? AND event_id = ?")) {
        s.setString(1, id);
        s.setInt(2, event.slot());
        s.setLong(3, event.position());
        s.setString(4, event.eventId());
        s.executeUpdate();
      }
    }
    String sql =
        """
        INSERT IGNORE INTO obt_quarantine
          (event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, reason, state)
        SELECT event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, ?, 'held'
        FROM obt WHERE slot = ? AND id = ? AND event_id = ?
        """;
    String reason = refusal.reason();
    try (var s = transaction.prepareStatement(sql)) {
      s.setString(1, reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
      s.setInt(2, event.slot());
      s.setLong(3, event.position());
      s.setString(4, id);
      s.executeUpdate();
    }
    return id;
  }

  private static boolean isAnothers(Connection transaction, StoredEvent event) throws SQLException {
    try (var s =
        transaction.prepareStatement(
            "SELECT 1 FROM obt_quarantine WHERE event_id = ? AND NOT (slot = ? AND id = ?)")) {
      s.setString(1, event.eventId());
      s.setInt(2, event.slot());
      s.setLong(3, event.position());
      try (var row = s.executeQuery()) {
        return row.next();
      }
    }
  }

  @Override
  public List<Entry> list(int limit) throws SQLException {
    return transactions.run(c -> list(c, limit));
  }

  private static List<Entry> list(Connection c, int limit) throws SQLException {
    String sql =
        """
        SELECT event_id, slot, id, aggregate_type, aggregate_id, CAST(LEAST(sequence, %s) AS SIGNED),
          event_type, reason, CAST(UNIX_TIMESTAMP(since) * 1000000 AS SIGNED)
        FROM obt_quarantine WHERE state = 'held' ORDER BY since, event_id LIMIT ?
        """
            .formatted(Long.MAX_VALUE);
    List<Entry> entries = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, limit);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          entries.add(
              new Entry(
                  row.getString(1),
                  new Aggregate(row.getString(4), row.getString(5)),
                  row.getLong(6),
                  row.getString(7),
                  row.getString(8),
                  instant(row.getLong(9)),
                  0));
        }
      }
    }
    if (entries.isEmpty()) {
      return entries;
    }
    Map<Aggregate, Long> waiting = waiting(c, entries);
    return entries.stream()
        .map(e -> e.withWaiting(waiting.getOrDefault(e.aggregate(), 0L)))
        .toList();
  }

  /** How many rows the held aggregates have, counted in one pass over their slots. */
  private static Map<Aggregate, Long> waiting(Connection c, List<Entry> entries)
      throws SQLException {
    Set<Integer> slots = new TreeSet<>();
    entries.forEach(e -> slots.add(e.aggregate().slot()));
    String sql =
        """
        SELECT aggregate_type, aggregate_id, COUNT(*)
        FROM (SELECT aggregate_type, aggregate_id FROM obt WHERE slot IN (%s) LIMIT %s) counted
        GROUP BY aggregate_type, aggregate_id
        """
            .formatted(
                slots.stream().map(String::valueOf).collect(Collectors.joining(",")), COUNTED);
    Map<Aggregate, Long> waiting = new HashMap<>();
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      while (row.next()) {
        waiting.put(new Aggregate(row.getString(1), row.getString(2)), row.getLong(3));
      }
    }
    return waiting;
  }

  @Override
  public boolean retry(String eventId) throws SQLException {
    return transactions.run(c -> retry(c, eventId));
  }

  @Override
  public boolean retry(String eventId, AdminCaller by) throws SQLException {
    return transactions.run(c -> retry(c, eventId) && keep(c, "retry", eventId, by));
  }

  static boolean retry(Connection transaction, String eventId) throws SQLException {
    try (var s =
        transaction.prepareStatement(
            "DELETE FROM obt_quarantine WHERE event_id = ? AND state = 'held'")) {
      s.setString(1, eventId);
      return s.executeUpdate() == 1;
    }
  }

  static boolean keep(Connection transaction, String decision, String eventId, AdminCaller by)
      throws SQLException {
    String sql =
        """
        INSERT INTO obt_decision (decided_at, decision, event_id, token, address, why)
        VALUES (UTC_TIMESTAMP(6), ?, ?, ?, ?, ?)
        """;
    try (var s = transaction.prepareStatement(sql)) {
      s.setString(1, decision);
      s.setString(2, eventId);
      s.setString(3, by.token());
      s.setString(4, by.address());
      s.setString(5, by.why());
      return s.executeUpdate() == 1;
    }
  }

  @Override
  public boolean discard(String eventId) throws SQLException {
    return transactions.run(c -> discard(c, eventId));
  }

  @Override
  public boolean discard(String eventId, AdminCaller by) throws SQLException {
    return transactions.run(c -> discard(c, eventId) && keep(c, "discard", eventId, by));
  }

  static boolean discard(Connection transaction, String eventId) throws SQLException {
    String keep =
        """
        UPDATE obt_quarantine q JOIN obt o ON o.slot = q.slot AND o.id = q.id AND o.event_id = q.event_id
        SET q.state = 'discarded', q.content_type = o.content_type, q.payload = o.payload, q.headers = o.headers
        WHERE q.event_id = ? AND q.state = 'held'
        """;
    String replace =
        """
        UPDATE obt o JOIN obt_quarantine q ON o.slot = q.slot AND o.id = q.id AND o.event_id = q.event_id
        SET o.event_type = ?, o.content_type = ?, o.payload = '', o.headers = NULL
        WHERE q.event_id = ?
        """;
    try (var s = transaction.prepareStatement(keep)) {
      s.setString(1, eventId);
      if (s.executeUpdate() != 1) {
        return false;
      }
    }
    try (var s = transaction.prepareStatement(replace)) {
      s.setString(1, Event.TOMBSTONE);
      s.setString(2, Event.JSON);
      s.setString(3, eventId);
      s.executeUpdate();
    }
    return true;
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
