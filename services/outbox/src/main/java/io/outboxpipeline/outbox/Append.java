package io.outboxpipeline.outbox;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
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

  private static final int OTHER_BYTES_PER_ROW = 200;
  private static final int IN_TRANSACTION = 1568;

  /** Short, as the statements of {@link Counters}. */
  private static final String INSERT =
      """
      INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload, headers) \
      VALUES\s""";

  private static final String ROW = "(?, %1$s, %1$s, ?, ?, %1$s, ?, ?, ?)";

  private static final Map<TextForm, String> INSERTS = TextForm.inEach(INSERT + ROW);

  private static final NoArgGenerator IDS = Generators.timeBasedEpochGenerator();

  private final Connection transaction;
  private final List<NewEvent> events;
  private final List<Appended> appended;

  private final Counters counters;

  /** The column's value for each event. */
  private final @Nullable String[] headers;

  Append(Connection transaction, List<NewEvent> events) {
    this.transaction = transaction;
    this.events = events;
    this.appended = new ArrayList<>(events.size());
    this.headers = new String[events.size()];
    this.counters = new Counters(transaction, events);
  }

  List<Appended> run() {
    try {
      counters.take();
      for (NewEvent event : events) {
        appended.add(new Appended(IDS.generate(), counters.of(event).next()));
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
        form = form.and(counters.of(event).form).and(TextForm.of(event.type()));
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
        s.setInt(column++, counters.of(event).slot);
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
    if (!appended.isEmpty()) {
      deleteInserted();
    }
    counters.giveBack();
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
