package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.Backlog.Held;
import io.outboxpipeline.relay.Backlog.Hold;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The record of events that can never be sent, in the database, so that it outlives the relay and
 * any relay can show it. Its SQL; thread-safe, the connection is the caller's.
 */
final class Quarantine {
  private static final int MAX_REASON = 1000;

  private Quarantine() {}

  /**
   * One event as the admin endpoint lists it.
   *
   * @param waiting rows of its aggregate that wait, itself included
   */
  record Entry(
      String eventId,
      Aggregate aggregate,
      long sequence,
      String eventType,
      String reason,
      Instant since,
      long waiting) {}

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

  /** Records a hold, in the caller's transaction; does nothing if the partition is another's. */
  static void record(Connection transaction, Hold hold, int partition) throws SQLException {
    if (!DatabaseFence.stale(transaction, Map.of(partition, hold.epoch())).isEmpty()) {
      return;
    }
    String sql =
        """
        INSERT IGNORE INTO obt_quarantine
          (event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, reason, state)
        SELECT event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type, ?, 'held'
        FROM obt WHERE slot = ? AND id = ?
        """;
    String reason = hold.reason();
    try (var s = transaction.prepareStatement(sql)) {
      s.setString(1, reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
      s.setInt(2, hold.row().slot());
      s.setLong(3, hold.row().id());
      s.executeUpdate();
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

  /** What is held, oldest first. */
  static List<Entry> list(Connection c, int limit) throws SQLException {
    String sql =
        """
        SELECT q.event_id, q.aggregate_type, q.aggregate_id, q.sequence, q.event_type, q.reason,
          CAST(UNIX_TIMESTAMP(q.since) * 1000000 AS SIGNED),
          (SELECT COUNT(*) FROM obt o WHERE o.slot = q.slot AND o.id >= q.id
             AND o.aggregate_type = q.aggregate_type AND o.aggregate_id = q.aggregate_id)
        FROM obt_quarantine q WHERE q.state = 'held' ORDER BY q.since, q.event_id LIMIT ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, limit);
      List<Entry> entries = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          entries.add(
              new Entry(
                  row.getString(1),
                  new Aggregate(row.getString(2), row.getString(3)),
                  row.getLong(4),
                  row.getString(5),
                  row.getString(6),
                  instant(row.getLong(7)),
                  row.getLong(8)));
        }
      }
      return entries;
    }
  }

  /**
   * Lets an event be tried again.
   *
   * @return whether it was held
   */
  static boolean retry(Connection transaction, String eventId) throws SQLException {
    try (var s =
        transaction.prepareStatement(
            "DELETE FROM obt_quarantine WHERE event_id = ? AND state = 'held'")) {
      s.setString(1, eventId);
      return s.executeUpdate() == 1;
    }
  }

  /**
   * Puts a tombstone in an event's place; the event itself moves to the quarantine, for good.
   *
   * @return whether it was held
   */
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
