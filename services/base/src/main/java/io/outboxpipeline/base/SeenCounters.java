package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.ERROR;

import io.micrometer.core.instrument.Counter;
import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Notices a database that went back, such as by a fail-over that lost commits or a restored backup:
 * its counters are below what was committed here, so it gives numbers out again. Remembers the
 * aggregates that were written last, because those are what such a database lacks. Thread-safe.
 */
final class SeenCounters {
  private static final System.Logger LOG = System.getLogger(SeenCounters.class.getName());
  private static final int KEPT = 32;

  private final Counter wentBack;
  private final Map<Aggregate, Long> seen = new LinkedHashMap<>();

  /**
   * @param wentBack counts how often it was noticed
   */
  SeenCounters(Counter wentBack) {
    this.wentBack = wentBack;
  }

  /** A number of an aggregate was committed. */
  synchronized void committed(Aggregate aggregate, long sequence) {
    Long before = seen.remove(aggregate);
    seen.put(aggregate, before == null ? sequence : Math.max(before, sequence));
    if (seen.size() > KEPT) {
      seen.remove(seen.keySet().iterator().next());
    }
  }

  private synchronized Map<Aggregate, Long> seen() {
    return new HashMap<>(seen);
  }

  /** From here on the counters of this database are what counts. */
  private synchronized void forget() {
    seen.clear();
  }

  /** Looks, and tells it once if the database went back. */
  void check(Connection c) throws SQLException {
    Map<Aggregate, Long> committed = seen();
    if (committed.isEmpty()) {
      return;
    }
    Map<Aggregate, Long> there = counters(c, committed);
    for (var entry : committed.entrySet()) {
      long counter = there.getOrDefault(entry.getKey(), 0L);
      if (counter < entry.getValue()) {
        forget();
        wentBack.increment();
        LOG.log(
            ERROR,
            "the database went back: {0} is at {1} on server {2}, and number {3} was committed."
                + " Numbers that were sent are given out again, and consumers hold those events as"
                + " conflicts. Raise the counters before more is written: see the outbox library,"
                + " \"When the database goes back\"",
            entry.getKey(),
            counter,
            server(c),
            entry.getValue());
        return;
      }
    }
  }

  private static Map<Aggregate, Long> counters(Connection c, Map<Aggregate, Long> of)
      throws SQLException {
    String sql =
        """
        SELECT aggregate_type, aggregate_id, last_sequence
        FROM obt_aggregate FORCE INDEX (PRIMARY)
        WHERE (aggregate_type = ? AND aggregate_id = ?)%s
        """
            .formatted(" OR (aggregate_type = ? AND aggregate_id = ?)".repeat(of.size() - 1));
    try (var s = c.prepareStatement(sql)) {
      int column = 1;
      for (Aggregate aggregate : of.keySet()) {
        s.setString(column++, aggregate.type());
        s.setString(column++, aggregate.id());
      }
      Map<Aggregate, Long> counters = new HashMap<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          counters.put(new Aggregate(row.getString(1), row.getString(2)), row.getLong(3));
        }
      }
      return counters;
    }
  }

  private static String server(Connection c) throws SQLException {
    try (var s = c.createStatement();
        var row = s.executeQuery("SELECT CONCAT(@@hostname, ' (', @@server_id, ')')")) {
      row.next();
      return row.getString(1);
    }
  }
}
