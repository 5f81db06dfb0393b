package io.outboxpipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Compares what the base committed with what the consumer applied. */
final class Oracle {
  private final Database base;
  private final Database consumer;

  Oracle(Database base, Database consumer) {
    this.base = base;
    this.consumer = consumer;
  }

  /** An event's times: written by the base, applied by the consumer. */
  private record Times(LocalDateTime created, LocalDateTime applied) {
    Duration latency() {
      return Duration.between(created, applied);
    }
  }

  /**
   * What events went through since a moment.
   *
   * @param p99 of the time from the base's row to the consumer's
   * @param longest of these times
   * @param gap the longest time in which nothing arrived
   */
  record Flow(int events, Duration p99, Duration longest, Duration gap) {}

  /** What is committed now is applied, once, in order, and nothing else; the outbox is empty. */
  void check() {
    // Right after some faults the way to the database from outside is still closed.
    await("the outbox is empty")
        .ignoreExceptions()
        .until(() -> base.number("SELECT COUNT(*) FROM obt") == 0);
    long committed = base.number("SELECT COUNT(*) FROM obt_spending");
    await("all is applied")
        .until(() -> consumer.number("SELECT COUNT(*) FROM obt_spending") >= committed);
    List<String> applied = new ArrayList<>();
    Map<String, Long> last = new HashMap<>();
    rows(
        consumer,
        "SELECT event_id, identity, sequence FROM obt_spending ORDER BY id",
        row -> {
          applied.add(row.getString(1));
          assertThat(row.getLong(3))
              .as("order of %s", row.getString(2))
              .isEqualTo(last.merge(row.getString(2), 1L, Long::sum));
        });
    var written = new HashSet<String>();
    rows(base, "SELECT event_id FROM obt_spending", row -> written.add(row.getString(1)));
    assertThat(applied).doesNotHaveDuplicates();
    assertThat(new HashSet<>(applied)).isEqualTo(written);
  }

  /** The database's time. */
  LocalDateTime now() {
    var now = new ArrayList<LocalDateTime>();
    rows(
        consumer, "SELECT UTC_TIMESTAMP(6)", row -> now.add(row.getObject(1, LocalDateTime.class)));
    return now.getFirst();
  }

  /** All that was applied since. */
  Flow since(LocalDateTime begin) {
    var all = new ArrayList<Times>();
    rows(
        consumer,
        "SELECT created_at, applied_at FROM obt_spending WHERE applied_at >= '%s' ORDER BY applied_at"
            .formatted(begin),
        row ->
            all.add(
                new Times(
                    row.getObject(1, LocalDateTime.class), row.getObject(2, LocalDateTime.class))));
    Duration gap = Duration.ZERO;
    LocalDateTime before = begin;
    for (Times t : all) {
      Duration since = Duration.between(before, t.applied);
      gap = since.compareTo(gap) > 0 ? since : gap;
      before = t.applied;
    }
    List<Duration> latencies = all.stream().map(Times::latency).sorted().toList();
    return latencies.isEmpty()
        ? new Flow(0, Duration.ZERO, Duration.ZERO, gap)
        : new Flow(
            latencies.size(), latencies.get(latencies.size() * 99 / 100), latencies.getLast(), gap);
  }

  private interface Row {
    void read(java.sql.ResultSet row) throws SQLException;
  }

  private static void rows(Database database, String query, Row each) {
    try (var c = database.dataSource().getConnection();
        var s = c.createStatement();
        var row = s.executeQuery(query)) {
      while (row.next()) {
        each.read(row);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
