package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.Headers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The rows of the table {@code inbox_conflict}; whoever is here holds the chain's row in inbox. */
final class ConflictTable {
  private ConflictTable() {}

  /** What has become of an event in conflict. */
  enum State {
    OPEN,
    APPLIED,
    DISCARDED
  }

  /** What has become of it, if it came before. */
  static Optional<State> state(Connection transaction, Chain chain, Event event)
      throws SQLException {
    String sql =
        """
        SELECT state
        FROM inbox_conflict
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence = ? AND event_id = ?
        FOR UPDATE
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      setKey(s, 1, chain, event.sequence(), event.id());
      try (var row = s.executeQuery()) {
        return row.next()
            ? Optional.of(State.valueOf(row.getString(1).toUpperCase(Locale.ROOT)))
            : Optional.empty();
      }
    }
  }

  static void insert(Connection transaction, Chain chain, Event event, String reason)
      throws SQLException {
    String sql =
        """
        INSERT INTO inbox_conflict (source, aggregate_type, aggregate_id, sequence, event_id, event_type, event_time,
                                    content_type, payload, headers, reason, state, found_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', UTC_TIMESTAMP(6))
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = setKey(s, 1, chain, event.sequence(), event.id());
      s.setString(column++, event.type());
      s.setObject(
          column++,
          LocalDateTime.ofInstant(event.time().truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC));
      s.setString(column++, event.contentType());
      s.setBytes(column++, event.payload());
      s.setString(column++, Headers.toJson(event.headers()));
      s.setString(column, reason);
      s.executeUpdate();
    }
  }

  /** An event that waits for a decision. */
  static Optional<Event> open(Connection transaction, Chain chain, long sequence, UUID eventId)
      throws SQLException {
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id, sequence, event_id, event_type, event_time, content_type, payload,
               headers
        FROM inbox_conflict
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence = ? AND event_id = ? AND state = 'open'
        FOR UPDATE
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      setKey(s, 1, chain, sequence, eventId);
      try (var row = s.executeQuery()) {
        return row.next() ? Optional.of(ParkedTable.event(row)) : Optional.empty();
      }
    }
  }

  /** Decides about an event; what it carried is no longer needed. */
  static void settle(
      Connection transaction, Chain chain, long sequence, UUID eventId, boolean applied)
      throws SQLException {
    String sql =
        """
        UPDATE inbox_conflict
        SET state = ?, payload = '', headers = NULL
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND sequence = ? AND event_id = ?
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      s.setString(1, applied ? "applied" : "discarded");
      setKey(s, 2, chain, sequence, eventId);
      s.executeUpdate();
    }
  }

  private static int setKey(
      PreparedStatement s, int column, Chain chain, long sequence, UUID eventId)
      throws SQLException {
    int next = InboxTable.setChain(s, column, chain);
    s.setLong(next, sequence);
    s.setString(next + 1, eventId.toString());
    return next + 2;
  }
}
