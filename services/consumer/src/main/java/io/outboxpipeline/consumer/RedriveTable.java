package io.outboxpipeline.consumer;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.job.Job;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The record of redrives, which outlives consumers and consoles. Without state. */
final class RedriveTable {
  private static final String COLUMNS =
      "id, asked_at, state, total, per_second, moved, again, failed, trouble, why,"
          + " reason, event_type, aggregate_type, aggregate_id";

  /** In {@code running}, where a release without filters looks for 1. */
  private static final int ALL = 1;

  private static final int FILTERED = 2;

  private RedriveTable() {}

  /**
   * Begins one, with the record of the decision.
   *
   * @return false if another one runs
   */
  static boolean begin(
      Connection c,
      String id,
      String queue,
      long total,
      int perSecond,
      LetterFilter filter,
      AdminCaller by)
      throws SQLException {
    if (running(c).isPresent()) {
      return false;
    }
    String sql =
        """
        INSERT INTO consumer_redrive
          (id, asked_at, state, running, total, per_second, moved, again, failed, trouble, token, address, why,
           worker, lease_until, reason, event_type, aggregate_type, aggregate_id)
        VALUES (?, UTC_TIMESTAMP(6), 'running', ?, ?, ?, 0, 0, 0, '', ?, ?, ?, '', UTC_TIMESTAMP(6), ?, ?, ?, ?)
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, id);
      s.setInt(2, filter.all() ? ALL : FILTERED);
      s.setLong(3, total);
      s.setInt(4, perSecond);
      s.setString(5, by.token());
      s.setString(6, by.address());
      s.setString(7, by.why());
      s.setString(8, filter.reason());
      s.setString(9, filter.eventType());
      s.setString(10, filter.aggregateType());
      s.setString(11, filter.aggregateId());
      s.executeUpdate();
    } catch (SQLIntegrityConstraintViolationException e) {
      return false;
    }
    keep(c, "redriven", queue, total, by);
    return true;
  }

  /** Ends one that runs, with the record of the decision. */
  static boolean stop(Connection c, String id, String queue, AdminCaller by) throws SQLException {
    Optional<Redrive> there = find(c, id);
    if (there.isEmpty() || !end(c, id, Job.State.STOPPED, "")) {
      return false;
    }
    keep(c, "redrive-stopped", queue, there.get().moved(), by);
    return true;
  }

  private static void keep(Connection c, String decision, String queue, long number, AdminCaller by)
      throws SQLException {
    var letters = new Chain("dead-letters", new Aggregate("dead-letters", queue));
    DecisionTable.keep(c, decision, letters, number, by);
  }

  /** Ends one; false if it has ended before. */
  static boolean end(Connection c, String id, Job.State state, String trouble) throws SQLException {
    String sql =
        """
        UPDATE consumer_redrive
        SET state = ?, trouble = ?, running = NULL, ended_at = UTC_TIMESTAMP(6)
        WHERE id = ? AND running IS NOT NULL
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, state.code());
      s.setString(2, trouble);
      s.setString(3, id);
      return s.executeUpdate() == 1;
    }
  }

  static Optional<Redrive> find(Connection c, String id) throws SQLException {
    try (var s = c.prepareStatement("SELECT " + COLUMNS + " FROM consumer_redrive WHERE id = ?")) {
      s.setString(1, id);
      return all(s.executeQuery()).stream().findFirst();
    }
  }

  /** The one that runs; of two that were asked for at the same moment the first one. */
  static Optional<Redrive> running(Connection c) throws SQLException {
    try (var s =
        c.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM consumer_redrive WHERE running IS NOT NULL ORDER BY asked_at, id LIMIT 1")) {
      return all(s.executeQuery()).stream().findFirst();
    }
  }

  /** The last ones, the newest first. */
  static List<Redrive> last(Connection c, int limit) throws SQLException {
    try (var s =
        c.prepareStatement(
            "SELECT " + COLUMNS + " FROM consumer_redrive ORDER BY asked_at DESC LIMIT ?")) {
      s.setInt(1, limit);
      return all(s.executeQuery());
    }
  }

  /**
   * Takes the one that runs, or keeps it: so that one consumer works on it, and another goes on
   * when that one is gone.
   *
   * @param seconds how long it is this worker's
   */
  static boolean take(Connection c, String id, String worker, int seconds) throws SQLException {
    String sql =
        """
        UPDATE consumer_redrive
        SET worker = ?, lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
        WHERE id = ? AND running IS NOT NULL AND (worker = ? OR lease_until <= UTC_TIMESTAMP(6))
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, worker);
      s.setInt(2, seconds);
      s.setString(3, id);
      s.setString(4, worker);
      return s.executeUpdate() == 1;
    }
  }

  /** Counts what became of a message. */
  static void count(Connection c, String id, int moved, int again, int failed) throws SQLException {
    String sql =
        """
        UPDATE consumer_redrive
        SET moved = moved + ?, again = again + ?, failed = failed + ?
        WHERE id = ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, moved);
      s.setInt(2, again);
      s.setInt(3, failed);
      s.setString(4, id);
      s.executeUpdate();
    }
  }

  private static List<Redrive> all(ResultSet row) throws SQLException {
    List<Redrive> all = new ArrayList<>();
    while (row.next()) {
      all.add(
          new Redrive(
              row.getString(1),
              row.getObject(2, LocalDateTime.class).toInstant(ZoneOffset.UTC),
              Job.State.of(row.getString(3)),
              row.getLong(4),
              row.getInt(5),
              row.getLong(6),
              row.getLong(7),
              row.getLong(8),
              row.getString(9),
              row.getString(10),
              new LetterFilter(
                  row.getString(11), row.getString(12), row.getString(13), row.getString(14))));
    }
    return all;
  }
}
