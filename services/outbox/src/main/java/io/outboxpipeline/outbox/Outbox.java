package io.outboxpipeline.outbox;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Writes events into the outbox, in the caller's transaction. Thread-safe and without state: the
 * connection is the caller's, and so are commit and rollback.
 *
 * <p>The first event of an aggregate in a transaction takes the lock of the aggregate's row, which
 * the transaction holds until it ends. Two transactions that take several aggregates in different
 * orders can therefore deadlock: append all events of a transaction in one call, which takes the
 * locks in one order, and run the whole transaction again when {@link #isRetryable} says so. (A
 * rollback of an aggregate's very first event can deadlock two others that wait to write its first
 * event too; InnoDB ends one of them the same way.)
 */
public final class Outbox {

  private static final int ROWS_PER_INSERT = 100;
  private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();
  private static final Comparator<Aggregate> LOCK_ORDER =
      Comparator.comparing(Aggregate::type).thenComparing(Aggregate::id);

  /**
   * A deadlock, a lock wait that took too long, a transaction that group replication rolled back
   * while it was committed, and MariaDB's word for a row that changed since it was read.
   */
  private static final Set<Integer> RETRYABLE = Set.of(1213, 1205, 3101, 1020);

  private Outbox() {}

  /**
   * What an appended event was given.
   *
   * @param eventId its id, a UUIDv7
   * @param sequence its number within the aggregate, from 1
   */
  public record Appended(UUID eventId, long sequence) {}

  /**
   * Writes one event.
   *
   * @param transaction a connection with auto-commit off
   * @throws IllegalStateException if auto-commit is on
   * @throws SQLException as the driver has it; the transaction must then be rolled back
   */
  public static Appended append(Connection transaction, NewEvent event) throws SQLException {
    return append(transaction, List.of(event)).getFirst();
  }

  /**
   * Writes events, those of one aggregate in the order of the list.
   *
   * @param transaction a connection with auto-commit off
   * @return what each was given, in the order of the list
   * @throws IllegalStateException if auto-commit is on
   * @throws SQLException as the driver has it; the transaction must then be rolled back
   */
  public static List<Appended> append(Connection transaction, List<NewEvent> events)
      throws SQLException {
    if (transaction.getAutoCommit()) {
      throw new IllegalStateException(
          "append needs a transaction, and this connection commits each statement by itself");
    }
    Map<Aggregate, Long> next = takeNumbers(transaction, events);
    var appended = new ArrayList<Appended>(events.size());
    for (NewEvent event : events) {
      long sequence = next.merge(event.aggregate(), 1L, Long::sum) - 1;
      appended.add(new Appended(IDS.generate(), sequence));
    }
    for (int from = 0; from < events.size(); from += ROWS_PER_INSERT) {
      int to = Math.min(events.size(), from + ROWS_PER_INSERT);
      insert(transaction, events.subList(from, to), appended.subList(from, to));
    }
    return appended;
  }

  /**
   * Whether the whole transaction may be run again: it was a deadlock's victim or waited too long
   * for a lock.
   */
  public static boolean isRetryable(SQLException e) {
    return "40001".equals(e.getSQLState()) || RETRYABLE.contains(e.getErrorCode());
  }

  /** Locks each aggregate's row and gives its first free number. */
  private static Map<Aggregate, Long> takeNumbers(Connection transaction, List<NewEvent> events)
      throws SQLException {
    var counts = new TreeMap<Aggregate, Integer>(LOCK_ORDER);
    events.forEach(e -> counts.merge(e.aggregate(), 1, Integer::sum));
    // LAST_INSERT_ID(…) makes the new number this statement's generated key: lock and number in
    // one.
    String sql =
        """
        INSERT INTO obt_aggregate (aggregate_type, aggregate_id, last_sequence)
        VALUES (?, ?, LAST_INSERT_ID(?))
        ON DUPLICATE KEY UPDATE last_sequence = LAST_INSERT_ID(last_sequence + ?)
        """;
    var next = new HashMap<Aggregate, Long>();
    try (PreparedStatement s = transaction.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      for (var entry : counts.entrySet()) {
        s.setString(1, entry.getKey().type());
        s.setString(2, entry.getKey().id());
        s.setInt(3, entry.getValue());
        s.setInt(4, entry.getValue());
        s.executeUpdate();
        try (var keys = s.getGeneratedKeys()) {
          keys.next();
          next.put(entry.getKey(), keys.getLong(1) - entry.getValue() + 1);
        }
      }
    }
    return next;
  }

  private static void insert(Connection transaction, List<NewEvent> events, List<Appended> appended)
      throws SQLException {
    String sql =
        """
        INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload, headers)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)\
        """
            + ", (?, ?, ?, ?, ?, ?, ?, ?, ?)".repeat(events.size() - 1);
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (int i = 0; i < events.size(); i++) {
        NewEvent event = events.get(i);
        s.setInt(column++, event.aggregate().slot());
        s.setString(column++, event.aggregate().type());
        s.setString(column++, event.aggregate().id());
        s.setLong(column++, appended.get(i).sequence());
        s.setString(column++, appended.get(i).eventId().toString());
        s.setString(column++, event.type());
        s.setString(column++, event.contentType());
        s.setBytes(column++, event.payload());
        s.setString(column++, Headers.toJson(event.headers()));
      }
      s.executeUpdate();
    }
  }
}
