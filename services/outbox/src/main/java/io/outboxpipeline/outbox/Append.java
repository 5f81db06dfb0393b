package io.outboxpipeline.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The work of one append: all of it, or nothing of it even if the caller commits. Used once. */
final class Append {
  private static final int ROWS_PER_STATEMENT = 100;

  /** Far below any server's max_allowed_packet, even if a driver escapes every byte. */
  private static final int BYTES_PER_STATEMENT = 1 << 20;

  /** Short, because drivers keep no prepared statement of more than 256 characters. */
  private static final String ROW =
      "(?, CONVERT(? USING utf8mb4), CONVERT(? USING utf8mb4), ?, ?, CONVERT(? USING utf8mb4), ?, ?, ?)";

  private static final int OTHER_BYTES_PER_ROW = 200;
  private static final int IN_TRANSACTION = 1568;

  private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();
  private static final Comparator<Aggregate> LOCK_ORDER =
      Comparator.comparing(Aggregate::type).thenComparing(Aggregate::id);

  private final Connection transaction;
  private final List<NewEvent> events;
  private final List<Appended> appended;

  /** How many numbers each aggregate gave, and the last of them. */
  private final Map<Aggregate, Taken> taken = new LinkedHashMap<>();

  private boolean unsure;

  private record Taken(int count, long last) {}

  Append(Connection transaction, List<NewEvent> events) {
    this.transaction = transaction;
    this.events = events;
    this.appended = new ArrayList<>(events.size());
  }

  List<Appended> run() {
    try {
      takeNumbers();
      Map<Aggregate, Long> next = new HashMap<>();
      taken.forEach((aggregate, t) -> next.put(aggregate, t.last - t.count + 1));
      for (NewEvent event : events) {
        long sequence = next.merge(event.aggregate(), 1L, Long::sum) - 1;
        appended.add(new Appended(IDS.generate(), sequence));
      }
      insert();
      return appended;
    } catch (SQLException | RuntimeException e) {
      throw failed(e);
    } catch (Error e) {
      e.addSuppressed(failed(e));
      throw e;
    }
  }

  /** Locks each aggregate's row and takes its numbers. */
  private void takeNumbers() throws SQLException {
    var counts = new TreeMap<Aggregate, Integer>(LOCK_ORDER);
    events.forEach(e -> counts.merge(e.aggregate(), 1, Integer::sum));
    // LAST_INSERT_ID(…) makes the new number this statement's generated key: lock and number in
    // one.
    String sql =
        """
        INSERT INTO obt_aggregate (aggregate_type, aggregate_id, last_sequence)
        VALUES (CONVERT(? USING utf8mb4), CONVERT(? USING utf8mb4), LAST_INSERT_ID(?))
        ON DUPLICATE KEY UPDATE last_sequence = LAST_INSERT_ID(last_sequence + ?)
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      for (var entry : counts.entrySet()) {
        setText(s, 1, entry.getKey().type());
        setText(s, 2, entry.getKey().id());
        s.setInt(3, entry.getValue());
        s.setInt(4, entry.getValue());
        unsure = true;
        takeNumber(s, entry.getKey(), entry.getValue());
        unsure = false;
      }
    }
  }

  private void takeNumber(PreparedStatement s, Aggregate aggregate, int count) throws SQLException {
    try {
      s.executeUpdate();
    } catch (SQLException e) {
      // A refusal of the server's, so it has undone the statement.
      unsure = e.getErrorCode() == 0;
      throw e;
    }
    try (var keys = s.getGeneratedKeys()) {
      long last = keys.next() ? keys.getLong(1) : 0;
      if (last < count) {
        throw new SQLException("the driver gave " + last + " as the number of an aggregate");
      }
      taken.put(aggregate, new Taken(count, last));
    }
  }

  private void insert() throws SQLException {
    int from = 0;
    while (from < events.size()) {
      int to = from;
      long bytes = 0;
      do {
        bytes += bytes(events.get(to));
        to++;
      } while (to < events.size()
          && to - from < ROWS_PER_STATEMENT
          && bytes + bytes(events.get(to)) <= BYTES_PER_STATEMENT);
      insert(from, to);
      from = to;
    }
  }

  private static long bytes(NewEvent event) {
    return (long) OTHER_BYTES_PER_ROW
        + event.payload().length
        + Headers.size(event.headers())
        + event.aggregate().id().getBytes(UTF_8).length;
  }

  private void insert(int from, int to) throws SQLException {
    String sql =
        """
        INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload, headers)
        VALUES %s
        """
            .formatted(String.join(", ", Collections.nCopies(to - from, ROW)));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (int i = from; i < to; i++) {
        NewEvent event = events.get(i);
        s.setInt(column++, event.aggregate().slot());
        setText(s, column++, event.aggregate().type());
        setText(s, column++, event.aggregate().id());
        s.setLong(column++, appended.get(i).sequence());
        s.setString(column++, appended.get(i).eventId().toString());
        setText(s, column++, event.type());
        s.setString(column++, event.contentType());
        s.setBytes(column++, event.payload());
        s.setString(column++, Headers.toJson(event.headers()));
      }
      s.executeUpdate();
    }
  }

  /**
   * As UTF-8, because a connection may have another character set, without half of the characters.
   */
  private static void setText(PreparedStatement s, int column, String text) throws SQLException {
    s.setBytes(column, text.getBytes(UTF_8));
  }

  /** Leaves the transaction as it was before, or makes sure that it can never be committed. */
  private OutboxException failed(Throwable cause) {
    boolean lost = true;
    @Nullable Exception trouble = null;
    try {
      lost = !goesOn();
      if (!lost) {
        takeBack();
      }
    } catch (SQLException | RuntimeException e) {
      trouble = e;
      lost = true;
      breakOff(e);
    }
    var failure =
        new OutboxException(
            "the events were not appended, "
                + (lost ? "and the transaction is lost: " : "and the transaction goes on: ")
                + cause.getMessage(),
            cause,
            lost);
    if (trouble != null) {
      failure.addSuppressed(trouble);
    }
    return failure;
  }

  /**
   * Whether the transaction that gave the numbers is still there. If the database rolled it back,
   * the numbers are others' by now and must not be touched. This statement is refused within a
   * transaction; outside of one it only says of the next one what is so anyway.
   */
  private boolean goesOn() throws SQLException {
    try (Statement s = transaction.createStatement()) {
      s.execute("SET TRANSACTION READ WRITE");
      return false;
    } catch (SQLException e) {
      if (e.getErrorCode() == IN_TRANSACTION) {
        return true;
      }
      throw e;
    }
  }

  private void takeBack() throws SQLException {
    if (unsure) {
      throw new SQLException("nobody knows whether a number was taken");
    }
    if (!appended.isEmpty()) {
      deleteInserted();
    }
    String sql =
        """
        UPDATE obt_aggregate SET last_sequence = last_sequence - ?
        WHERE aggregate_type = CONVERT(? USING utf8mb4) AND aggregate_id = CONVERT(? USING utf8mb4) AND last_sequence = ?
        """;
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      for (var entry : taken.entrySet()) {
        s.setInt(1, entry.getValue().count);
        setText(s, 2, entry.getKey().type());
        setText(s, 3, entry.getKey().id());
        s.setLong(4, entry.getValue().last);
        if (s.executeUpdate() != 1) {
          throw new SQLException("a number that was taken could not be given back");
        }
      }
    }
  }

  /** By their keys, because a search that locks would wait for other writers. */
  private void deleteInserted() throws SQLException {
    Map<Integer, List<String>> bySlot = new TreeMap<>();
    IntStream.range(0, appended.size())
        .forEach(
            i ->
                bySlot
                    .computeIfAbsent(events.get(i).aggregate().slot(), n -> new ArrayList<>())
                    .add(appended.get(i).eventId().toString()));
    for (var entry : bySlot.entrySet()) {
      for (int from = 0; from < entry.getValue().size(); from += ROWS_PER_STATEMENT) {
        int to = Math.min(entry.getValue().size(), from + ROWS_PER_STATEMENT);
        delete(entry.getKey(), entry.getValue().subList(from, to));
      }
    }
  }

  private void delete(int slot, List<String> eventIds) throws SQLException {
    String find =
        "SELECT id FROM obt WHERE slot = ? AND event_id IN (?%s)"
            .formatted(", ?".repeat(eventIds.size() - 1));
    List<Long> ids = new ArrayList<>();
    try (PreparedStatement s = transaction.prepareStatement(find)) {
      s.setInt(1, slot);
      for (int i = 0; i < eventIds.size(); i++) {
        s.setString(i + 2, eventIds.get(i));
      }
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getLong(1));
        }
      }
    }
    try (PreparedStatement s =
        transaction.prepareStatement("DELETE FROM obt WHERE slot = ? AND id = ?")) {
      for (long id : ids) {
        s.setInt(1, slot);
        s.setLong(2, id);
        s.executeUpdate();
      }
    }
  }

  /** A number that cannot be given back must not be committed: the server rolls back. */
  private void breakOff(Exception reason) {
    try {
      transaction.abort(Runnable::run);
    } catch (SQLException | RuntimeException e) {
      reason.addSuppressed(e);
    }
  }
}
