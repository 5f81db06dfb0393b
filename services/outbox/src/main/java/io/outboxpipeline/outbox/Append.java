package io.outboxpipeline.outbox;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The work of one append: all of it, or nothing of it even if the caller commits. Used once. */
final class Append {
  private static final int ROWS_PER_STATEMENT = 100;

  /** Far below any server's max_allowed_packet, even if a driver escapes every byte. */
  private static final int BYTES_PER_STATEMENT = 1 << 20;

  private static final int OTHER_BYTES_PER_ROW = 200;
  private static final int IN_TRANSACTION = 1568;

  /**
   * LAST_INSERT_ID(…) makes the new number this statement's generated key: lock and number in one.
   * Statements are short, because a driver reads them character by character each time, and keeps
   * none of more than 256 characters.
   */
  private static final String COUNT =
      """
      INSERT INTO obt_aggregate (aggregate_type, aggregate_id, last_sequence) VALUES (%1$s, %1$s, LAST_INSERT_ID(?)) \
      ON DUPLICATE KEY UPDATE last_sequence = LAST_INSERT_ID(last_sequence + ?)""";

  private static final String INSERT =
      """
      INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload, headers) \
      VALUES\s""";

  private static final String ROW = "(?, %1$s, %1$s, ?, ?, %1$s, ?, ?, ?)";

  private static final Map<TextForm, String> COUNTS = inEachForm(COUNT);
  private static final Map<TextForm, String> INSERTS = inEachForm(INSERT + ROW);

  private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();

  private final Connection transaction;
  private final List<NewEvent> events;
  private final List<Appended> appended;

  /** In the order in which they are locked. */
  private final SortedMap<Aggregate, Numbers> numbers = new TreeMap<>(Append::lockOrder);

  /** The column's value for each event. */
  private final @Nullable String[] headers;

  private boolean unsure;

  /** What an aggregate gives. */
  private static final class Numbers {
    final TextForm form;
    final int slot;
    int count;

    /** The last of them; 0 until they are taken. */
    long last;

    int given;

    Numbers(Aggregate aggregate) {
      form = TextForm.of(aggregate);
      slot = aggregate.slot();
    }

    long next() {
      given++;
      return last - count + given;
    }
  }

  Append(Connection transaction, List<NewEvent> events) {
    this.transaction = transaction;
    this.events = events;
    this.appended = new ArrayList<>(events.size());
    this.headers = new String[events.size()];
  }

  private static Map<TextForm, String> inEachForm(String sql) {
    var all = new EnumMap<TextForm, String>(TextForm.class);
    for (TextForm form : TextForm.values()) {
      all.put(form, sql.formatted(form.parameter));
    }
    return all;
  }

  private static int lockOrder(Aggregate one, Aggregate other) {
    int types = one.type().compareTo(other.type());
    return types != 0 ? types : one.id().compareTo(other.id());
  }

  List<Appended> run() {
    try {
      takeNumbers();
      for (NewEvent event : events) {
        appended.add(new Appended(IDS.generate(), numbers(event).next()));
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

  private Numbers numbers(NewEvent event) {
    return numbers.computeIfAbsent(event.aggregate(), Numbers::new);
  }

  /** Locks each aggregate's row and takes its numbers. */
  private void takeNumbers() throws SQLException {
    for (NewEvent event : events) {
      numbers(event).count++;
    }
    for (var entry : numbers.entrySet()) {
      takeNumbers(entry.getKey(), entry.getValue());
    }
  }

  private void takeNumbers(Aggregate aggregate, Numbers taken) throws SQLException {
    String sql = COUNTS.get(taken.form);
    try (PreparedStatement s = transaction.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      taken.form.set(s, 1, aggregate.type());
      taken.form.set(s, 2, aggregate.id());
      s.setInt(3, taken.count);
      s.setInt(4, taken.count);
      unsure = true;
      try {
        s.executeUpdate();
      } catch (SQLException e) {
        // A refusal of the server's, so it has undone the statement.
        unsure = e.getErrorCode() == 0;
        throw e;
      }
      try (var keys = s.getGeneratedKeys()) {
        long last = keys.next() ? keys.getLong(1) : 0;
        if (last < taken.count) {
          throw new SQLException("the driver gave " + last + " as the number of an aggregate");
        }
        taken.last = last;
      }
      unsure = false;
    }
  }

  private void insert() throws SQLException {
    int from = 0;
    while (from < events.size()) {
      int to = from;
      long bytes = 0;
      TextForm form = TextForm.PLAIN;
      while (to < events.size() && to - from < ROWS_PER_STATEMENT) {
        NewEvent event = events.get(to);
        headers[to] = Headers.toJson(event.headers());
        bytes += bytes(event, headers[to]);
        if (to > from && bytes > BYTES_PER_STATEMENT) {
          break;
        }
        form = form.and(numbers(event).form).and(TextForm.of(event.type()));
        to++;
      }
      insert(from, to, form);
      from = to;
    }
  }

  private static long bytes(NewEvent event, @Nullable String headers) {
    return (long) OTHER_BYTES_PER_ROW
        + event.payload().length
        + (headers == null ? 0 : headers.length())
        + 4L * event.aggregate().id().length();
  }

  private void insert(int from, int to, TextForm form) throws SQLException {
    String more =
        to - from == 1 ? "" : (", " + ROW.formatted(form.parameter)).repeat(to - from - 1);
    try (PreparedStatement s = transaction.prepareStatement(INSERTS.get(form) + more)) {
      int column = 1;
      for (int i = from; i < to; i++) {
        NewEvent event = events.get(i);
        s.setInt(column++, numbers(event).slot);
        form.set(s, column++, event.aggregate().type());
        form.set(s, column++, event.aggregate().id());
        s.setLong(column++, appended.get(i).sequence());
        s.setString(column++, appended.get(i).eventId().toString());
        form.set(s, column++, event.type());
        s.setString(column++, event.contentType());
        s.setBytes(column++, event.payload());
        s.setString(column++, headers[i]);
      }
      s.executeUpdate();
    }
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
      for (var entry : numbers.entrySet()) {
        Numbers taken = entry.getValue();
        if (taken.last == 0) {
          break; // the one that failed: none of those after it was asked
        }
        s.setInt(1, taken.count);
        TextForm.BYTES.set(s, 2, entry.getKey().type());
        TextForm.BYTES.set(s, 3, entry.getKey().id());
        s.setLong(4, taken.last);
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
