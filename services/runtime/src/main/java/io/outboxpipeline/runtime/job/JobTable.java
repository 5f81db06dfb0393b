package io.outboxpipeline.runtime.job;

import io.outboxpipeline.runtime.AdminCaller;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Jobs and their events in two tables, {@code …_job} and {@code …_job_item}. They outlive every
 * process. Each method runs in the caller's transaction. Thread-safe.
 */
public final class JobTable {
  private static final int AT_ONCE = 100;
  private static final int FAILURES_SHOWN = 10;
  private static final int LONGEST_TROUBLE = 500;

  /** So many failures among the last ones are too many. */
  private static final int FAILURES = 5;

  private static final int LAST = 50;

  /** How long it may take until a failure shows; so many at this rate count as the last ones. */
  private static final int SHOWS_AFTER_SECONDS = 5;

  private final String jobs;
  private final String items;

  /**
   * @param prefix of the tables' names
   */
  public JobTable(String prefix) {
    jobs = prefix + "_job";
    items = prefix + "_job_item";
  }

  /** Begins a job; false if there is one of this id, which goes on as it is. */
  boolean begin(
      Connection c, String id, String action, int perSecond, List<JobItem> all, AdminCaller by)
      throws SQLException {
    String sql =
        """
        INSERT IGNORE INTO %s
          (id, asked_at, action, state, total, per_second, trouble, token, address, why, worker, lease_until)
        VALUES (?, UTC_TIMESTAMP(6), ?, 'running', ?, ?, '', ?, ?, ?, '', UTC_TIMESTAMP(6))
        """
            .formatted(jobs);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, id);
      s.setString(2, action);
      s.setInt(3, all.size());
      s.setInt(4, perSecond);
      s.setString(5, by.token());
      s.setString(6, by.address());
      s.setString(7, by.why());
      if (s.executeUpdate() == 0) {
        return false;
      }
    }
    for (int from = 0; from < all.size(); from += AT_ONCE) {
      add(c, id, all.subList(from, Math.min(all.size(), from + AT_ONCE)));
    }
    return true;
  }

  private void add(Connection c, String job, List<JobItem> some) throws SQLException {
    String sql =
        """
        INSERT INTO %s
          (job, item, state, category, source, aggregate_type, aggregate_id, sequence, event_id, trouble)
        VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?, ?, '')%s
        """
            .formatted(items, ", (?, ?, 'waiting', ?, ?, ?, ?, ?, ?, '')".repeat(some.size() - 1));
    try (var s = c.prepareStatement(sql)) {
      int column = 1;
      for (JobItem item : some) {
        s.setString(column++, job);
        s.setInt(column++, item.number());
        s.setString(column++, item.category());
        s.setString(column++, item.source());
        s.setString(column++, item.aggregateType());
        s.setString(column++, item.aggregateId());
        s.setString(column++, item.sequence());
        s.setString(column++, item.eventId());
      }
      s.executeUpdate();
    }
  }

  /** A job with the first of its failures. */
  Optional<Job> find(Connection c, String id) throws SQLException {
    try (var s = c.prepareStatement(select("WHERE j.id = ?"))) {
      s.setString(1, id);
      List<Job> found = read(s, failures(c, id));
      return found.stream().findFirst();
    }
  }

  /** The last ones, the newest first, without their failures. */
  List<Job> last(Connection c, int limit) throws SQLException {
    try (var s = c.prepareStatement(select("ORDER BY j.asked_at DESC, j.id LIMIT ?"))) {
      s.setInt(1, limit);
      return read(s, List.of());
    }
  }

  /** A job with what its worker needs to know beside. */
  record Running(String id, String action, int perSecond, AdminCaller by) {}

  /** The one whose turn it is: the oldest that runs. */
  Optional<Running> running(Connection c) throws SQLException {
    String sql =
        """
        SELECT id, action, per_second, token, address, why FROM %s
        WHERE state = 'running' ORDER BY asked_at, id LIMIT 1
        """
            .formatted(jobs);
    try (var s = c.prepareStatement(sql);
        var row = s.executeQuery()) {
      return row.next()
          ? Optional.of(
              new Running(
                  row.getString(1),
                  row.getString(2),
                  row.getInt(3),
                  new AdminCaller(row.getString(4), row.getString(5), row.getString(6))))
          : Optional.empty();
    }
  }

  private String select(String which) {
    return """
        SELECT j.id, j.asked_at, j.action, j.state, j.total, j.per_second,
          (SELECT COUNT(*) FROM %2$s i WHERE i.job = j.id AND i.state = 'done'),
          (SELECT COUNT(*) FROM %2$s i WHERE i.job = j.id AND i.state = 'gone'),
          (SELECT COUNT(*) FROM %2$s i WHERE i.job = j.id AND i.state = 'again'),
          (SELECT COUNT(*) FROM %2$s i WHERE i.job = j.id AND i.state = 'failed'),
          j.trouble, j.why
        FROM %1$s j
        """
            .formatted(jobs, items)
        + which;
  }

  private static List<Job> read(PreparedStatement s, List<String> failures) throws SQLException {
    List<Job> all = new ArrayList<>();
    try (var row = s.executeQuery()) {
      while (row.next()) {
        all.add(
            new Job(
                row.getString(1),
                row.getObject(2, LocalDateTime.class).toInstant(ZoneOffset.UTC),
                row.getString(3),
                Job.State.of(row.getString(4)),
                row.getInt(5),
                row.getInt(6),
                row.getInt(7),
                row.getInt(8),
                row.getInt(9),
                row.getInt(10),
                row.getString(11),
                row.getString(12),
                failures));
      }
    }
    return all;
  }

  private List<String> failures(Connection c, String id) throws SQLException {
    String sql =
        """
        SELECT aggregate_type, aggregate_id, trouble FROM %s
        WHERE job = ? AND state IN ('again', 'failed') ORDER BY item LIMIT %s
        """
            .formatted(items, FAILURES_SHOWN);
    List<String> failures = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, id);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          failures.add(row.getString(1) + " " + row.getString(2) + ": " + row.getString(3));
        }
      }
    }
    return failures;
  }

  /**
   * Takes a job that runs, or keeps it: so that one process works on it, and another goes on when
   * that one is gone.
   *
   * @param seconds how long it is this worker's
   */
  boolean take(Connection c, String id, String worker, int seconds) throws SQLException {
    String sql =
        """
        UPDATE %s SET worker = ?, lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND
        WHERE id = ? AND state = 'running' AND (worker = ? OR lease_until <= UTC_TIMESTAMP(6))
        """
            .formatted(jobs);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, worker);
      s.setInt(2, seconds);
      s.setString(3, id);
      s.setString(4, worker);
      return s.executeUpdate() == 1;
    }
  }

  /** Whether too many of the last ones failed. */
  boolean failing(Connection c, Running job) throws SQLException {
    String sql =
        """
        SELECT COUNT(*) FROM (
          SELECT state FROM %s WHERE job = ? AND state IN ('done', 'again', 'failed')
          ORDER BY item DESC LIMIT ?) latest
        WHERE state <> 'done'
        """
            .formatted(items);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, job.id());
      s.setInt(2, Math.max(LAST, SHOWS_AFTER_SECONDS * job.perSecond()));
      try (var row = s.executeQuery()) {
        return row.next() && row.getInt(1) >= FAILURES;
      }
    }
  }

  /** The next one that is not decided. */
  Optional<JobItem> next(Connection c, String id) throws SQLException {
    String sql =
        """
        SELECT item, category, source, aggregate_type, aggregate_id, sequence, event_id FROM %s
        WHERE job = ? AND state = 'waiting' ORDER BY item LIMIT 1
        """
            .formatted(items);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, id);
      try (var row = s.executeQuery()) {
        return row.next()
            ? Optional.of(
                new JobItem(
                    row.getInt(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getString(5),
                    row.getString(6),
                    row.getString(7)))
            : Optional.empty();
      }
    }
  }

  /** Marks one; false if it was not in the state before. */
  boolean mark(Connection c, String id, int item, String before, String after, String trouble)
      throws SQLException {
    String sql =
        "UPDATE %s SET state = ?, trouble = ? WHERE job = ? AND item = ? AND state = ?"
            .formatted(items);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, after);
      s.setString(2, shortened(trouble));
      s.setString(3, id);
      s.setInt(4, item);
      s.setString(5, before);
      return s.executeUpdate() == 1;
    }
  }

  /** Ends one; false if it has ended before. */
  boolean end(Connection c, String id, Job.State state, String trouble) throws SQLException {
    String sql =
        """
        UPDATE %s SET state = ?, trouble = ?, ended_at = UTC_TIMESTAMP(6)
        WHERE id = ? AND state = 'running'
        """
            .formatted(jobs);
    try (var s = c.prepareStatement(sql)) {
      s.setString(1, state.code());
      s.setString(2, shortened(trouble));
      s.setString(3, id);
      return s.executeUpdate() == 1;
    }
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= LONGEST_TROUBLE
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LONGEST_TROUBLE));
  }
}
