package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.Headers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The rows of the table {@code inbox_parked}; whoever is here holds the chain's row in inbox. */
final class ParkedTable {
  /** Bounds a statement: by rows, and by bytes far below any server's max_allowed_packet. */
  private static final int ROWS_PER_STATEMENT = 100;

  private static final int BYTES_PER_STATEMENT = 1 << 20;

  private ParkedTable() {}

  /** An event to park, and why if it was rejected. */
  record Parking(Chain chain, Event event, @Nullable String reason) {}

  /** Parks events; one that is parked already stays as it is, but for a new reason. */
  static void insert(Connection transaction, List<Parking> parkings) throws SQLException {
    int from = 0;
    while (from < parkings.size()) {
      int to = from;
      long bytes = 0;
      do {
        bytes += bytes(parkings.get(to).event);
        to++;
      } while (to < parkings.size()
          && to - from < ROWS_PER_STATEMENT
          && bytes + bytes(parkings.get(to).event) <= BYTES_PER_STATEMENT);
      insertAtOnce(transaction, parkings.subList(from, to));
      from = to;
    }
  }

  private static long bytes(Event event) {
    String headers = Headers.toJson(event.headers());
    return event.payload().length + (headers == null ? 0 : 4L * headers.length());
  }

  private static void insertAtOnce(Connection transaction, List<Parking> parkings)
      throws SQLException {
    String sql =
        """
        INSERT INTO inbox_parked (source, aggregate_type, aggregate_id, sequence, event_id, event_type, event_time,
                                  content_type, payload, headers, reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)%s
        ON DUPLICATE KEY UPDATE reason = COALESCE(VALUES(reason), reason)
        """
            .formatted(", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)".repeat(parkings.size() - 1));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Parking parking : parkings) {
        Event event = parking.event;
        column = InboxTable.setChain(s, column, parking.chain);
        s.setLong(column++, event.sequence());
        s.setString(column++, event.id().toString());
        s.setString(column++, event.type());
        s.setObject(
            column++,
            LocalDateTime.ofInstant(event.time().truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC));
        s.setString(column++, event.contentType());
        s.setBytes(column++, event.payload());
        s.setString(column++, Headers.toJson(event.headers()));
        s.setString(column++, parking.reason);
      }
      s.executeUpdate();
    }
  }

  /** The first parked numbers of a chain after a number, and how many bytes each event has. */
  static NavigableMap<Long, Long> sizes(Connection transaction, Chain chain, long after, int limit)
      throws SQLException {
    // Locking, to see what is there now and not what an old snapshot had.
    String sql =
        """
        SELECT sequence, LENGTH(payload) + COALESCE(LENGTH(headers), 0)
        FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence > ?
        ORDER BY sequence
        LIMIT ?
        FOR UPDATE
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = InboxTable.setChain(s, 1, chain);
      s.setLong(column++, after);
      s.setInt(column, limit);
      var sizes = new TreeMap<Long, Long>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          sizes.put(rows.getLong(1), rows.getLong(2));
        }
      }
      return sizes;
    }
  }

  /** The parked events of a chain from one number to another, by their number. */
  static NavigableMap<Long, Event> between(
      Connection transaction, Chain chain, long first, long last) throws SQLException {
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id, sequence, event_id, event_type, event_time, content_type, payload,
               headers
        FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence BETWEEN ? AND ?
        FOR UPDATE
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = InboxTable.setChain(s, 1, chain);
      s.setLong(column++, first);
      s.setLong(column, last);
      var page = new TreeMap<Long, Event>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          Event event = event(rows);
          page.put(event.sequence(), event);
        }
      }
      return page;
    }
  }

  /** Which events are parked under some of a chain's numbers. */
  static Map<Long, UUID> ids(Connection transaction, Chain chain, Collection<Long> numbers)
      throws SQLException {
    String sql =
        """
        SELECT sequence, event_id
        FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence IN (?%s)
        FOR UPDATE
        """
            .formatted(", ?".repeat(numbers.size() - 1));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = InboxTable.setChain(s, 1, chain);
      for (long number : numbers) {
        s.setLong(column++, number);
      }
      Map<Long, UUID> ids = new HashMap<>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          ids.put(rows.getLong(1), UUID.fromString(rows.getString(2)));
        }
      }
      return ids;
    }
  }

  /** The first parked number of a chain after another. */
  static OptionalLong firstAfter(Connection transaction, Chain chain, long after)
      throws SQLException {
    String sql =
        """
        SELECT sequence
        FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence > ?
        ORDER BY sequence
        LIMIT 1
        FOR UPDATE
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      s.setLong(InboxTable.setChain(s, 1, chain), after);
      try (var rows = s.executeQuery()) {
        return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  /** Forgets what is parked up to a number. */
  static void deleteUpTo(Connection transaction, Chain chain, long last) throws SQLException {
    String sql =
        """
        DELETE FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence <= ?
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      s.setLong(InboxTable.setChain(s, 1, chain), last);
      s.executeUpdate();
    }
  }

  /** The event in a row whose columns are those of {@link #between}, in that order. */
  static Event event(ResultSet row) throws SQLException {
    return new Event(
        UUID.fromString(row.getString(5)),
        InboxTable.chain(row).aggregate(),
        row.getLong(4),
        row.getString(6),
        row.getObject(7, LocalDateTime.class).toInstant(ZoneOffset.UTC),
        row.getString(8),
        row.getBytes(9),
        Headers.ofColumn(row.getString(10)));
  }
}
