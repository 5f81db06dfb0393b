package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Aggregate;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** What stands still, for those who look: reads no other chains, and locks nothing. */
final class StandingChains {
  /** How many bytes of events one look takes into memory; one larger event passes alone. */
  private static final long MAX_BYTES = 8L << 20;

  private StandingChains() {}

  static List<Waiting> waiting(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT i.source, i.aggregate_type, i.aggregate_id, i.last_sequence,
               TIMESTAMPDIFF(MICROSECOND, '1970-01-01', i.waiting_from), UNIX_TIMESTAMP(i.waiting_since),
               (SELECT COUNT(*)
                FROM inbox_parked p
                WHERE p.source = i.source AND p.aggregate_type = i.aggregate_type AND p.aggregate_id = i.aggregate_id)
        FROM inbox i
        WHERE i.waiting_since IS NOT NULL AND NOT i.rejected AND i.conflicts = 0
          AND NOT EXISTS (
            SELECT 1
            FROM inbox_parked n
            WHERE n.source = i.source AND n.aggregate_type = i.aggregate_type AND n.aggregate_id = i.aggregate_id
              AND n.sequence = i.last_sequence + 1)
        ORDER BY i.waiting_since
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, limit);
      List<Waiting> all = new ArrayList<>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(
              new Waiting(
                  InboxTable.chain(rows), rows.getLong(4) + 1, rows.getLong(7), since(rows, 5, 6)));
        }
      }
      return all;
    }
  }

  /** The chains whose next event is parked: a replay that ended with its transaction. */
  static List<Chain> unfinished(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT i.source, i.aggregate_type, i.aggregate_id
        FROM inbox i
        JOIN inbox_parked n
          ON n.source = i.source AND n.aggregate_type = i.aggregate_type AND n.aggregate_id = i.aggregate_id
             AND n.sequence = i.last_sequence + 1
        WHERE i.waiting_since IS NOT NULL AND NOT i.rejected AND i.conflicts = 0
        ORDER BY i.waiting_since
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, limit);
      return chains(s);
    }
  }

  static List<Held> held(Connection connection, int limit) throws SQLException {
    String rows =
        """
        SELECT LENGTH(p.payload) + COALESCE(LENGTH(p.headers), 0)
        FROM inbox i
        JOIN inbox_parked p
          ON p.source = i.source AND p.aggregate_type = i.aggregate_type AND p.aggregate_id = i.aggregate_id
             AND p.sequence = i.last_sequence + 1
        WHERE i.waiting_since IS NOT NULL AND i.rejected
        ORDER BY i.waiting_since, i.source, i.aggregate_type, i.aggregate_id
        LIMIT ?
        """;
    String sql =
        """
        SELECT p.source, p.aggregate_type, p.aggregate_id, p.sequence, p.event_id, p.event_type, p.event_time,
               p.content_type, p.payload, p.headers, p.reason, UNIX_TIMESTAMP(p.parked_at),
               (SELECT COUNT(*) - 1
                FROM inbox_parked q
                WHERE q.source = i.source AND q.aggregate_type = i.aggregate_type AND q.aggregate_id = i.aggregate_id)
        FROM inbox i
        JOIN inbox_parked p
          ON p.source = i.source AND p.aggregate_type = i.aggregate_type AND p.aggregate_id = i.aggregate_id
             AND p.sequence = i.last_sequence + 1
        WHERE i.waiting_since IS NOT NULL AND i.rejected
        ORDER BY i.waiting_since, i.source, i.aggregate_type, i.aggregate_id
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, affordable(connection, rows, limit));
      List<Held> all = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Held(
                  InboxTable.chain(row),
                  ParkedTable.event(row),
                  row.getString(11),
                  row.getLong(13),
                  instant(row.getBigDecimal(12))));
        }
      }
      return all;
    }
  }

  static List<Conflicting> conflicts(Connection connection, int limit) throws SQLException {
    String rows =
        """
        SELECT LENGTH(payload) + COALESCE(LENGTH(headers), 0)
        FROM inbox_conflict
        WHERE state = 'open'
        ORDER BY found_at, source, aggregate_type, aggregate_id, sequence, event_id
        LIMIT ?
        """;
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id, sequence, event_id, event_type, event_time, content_type, payload,
               headers, reason, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', found_at)
        FROM inbox_conflict
        WHERE state = 'open'
        ORDER BY found_at, source, aggregate_type, aggregate_id, sequence, event_id
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, affordable(connection, rows, limit));
      List<Conflicting> all = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Conflicting(
                  InboxTable.chain(row),
                  ParkedTable.event(row),
                  row.getString(11),
                  Instant.EPOCH.plus(row.getLong(12), ChronoUnit.MICROS)));
        }
      }
      return all;
    }
  }

  /** How many of the first events are read at once, by their sizes. */
  private static int affordable(Connection connection, String sizes, int limit)
      throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(sizes)) {
      s.setInt(1, limit);
      int count = 0;
      long bytes = 0;
      try (var row = s.executeQuery()) {
        while (row.next()) {
          bytes += row.getLong(1);
          if (count > 0 && bytes > MAX_BYTES) {
            break;
          }
          count++;
        }
      }
      return count;
    }
  }

  static List<Chain> of(Connection connection, Aggregate aggregate) throws SQLException {
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id
        FROM inbox
        WHERE waiting_since IS NOT NULL AND aggregate_type = ? AND aggregate_id = ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setString(1, aggregate.type());
      s.setString(2, aggregate.id());
      return chains(s);
    }
  }

  private static List<Chain> chains(PreparedStatement s) throws SQLException {
    List<Chain> all = new ArrayList<>();
    try (var rows = s.executeQuery()) {
      while (rows.next()) {
        all.add(InboxTable.chain(rows));
      }
    }
    return all;
  }

  static StalledChains stalled(Connection connection) throws SQLException {
    String sql =
        """
        SELECT COALESCE(SUM(kind = 'waiting'), 0), COALESCE(MAX(IF(kind = 'waiting', age, 0)), 0),
               COALESCE(SUM(kind = 'held'), 0), COALESCE(MAX(IF(kind = 'held', age, 0)), 0),
               COALESCE(SUM(kind = 'conflict'), 0), COALESCE(MAX(IF(kind = 'conflict', age, 0)), 0)
        FROM (
          SELECT IF(conflicts > 0, 'conflict', IF(rejected, 'held', 'waiting')) kind,
                 COALESCE(TIMESTAMPDIFF(MICROSECOND, waiting_from, UTC_TIMESTAMP(6)),
                          TIMESTAMPDIFF(MICROSECOND, waiting_since, CURRENT_TIMESTAMP(6))) age
          FROM inbox
          WHERE waiting_since IS NOT NULL) standing
        """;
    try (PreparedStatement s = connection.prepareStatement(sql);
        ResultSet row = s.executeQuery()) {
      row.next();
      return new StalledChains(
          row.getLong(1),
          micros(row, 2),
          row.getLong(3),
          micros(row, 4),
          row.getLong(5),
          micros(row, 6));
    }
  }

  /** A consumer of the previous release writes the second column alone. */
  private static Instant since(ResultSet row, int utc, int timestamp) throws SQLException {
    long micros = row.getLong(utc);
    return row.wasNull()
        ? instant(row.getBigDecimal(timestamp))
        : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static Instant instant(BigDecimal unixTime) {
    return Instant.EPOCH.plusNanos(unixTime.movePointRight(9).longValue());
  }

  private static Duration micros(ResultSet row, int column) throws SQLException {
    return Duration.ofNanos(row.getLong(column) * 1000);
  }
}
