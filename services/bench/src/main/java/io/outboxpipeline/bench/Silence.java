package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * What a relay costs while nothing happens, and how long the first event then takes. Of the silence
 * the first half is to settle down and the second is measured.
 *
 * @param name of the scenario
 * @param c a connection of nobody else's
 */
record Silence(Rig rig, String name, Database database, JavaProcess relay, Connection c) {
  private static final int WARM_UP = 500;
  private static final int FIRST_EVENTS = 5;

  /** How many it writes. */
  static final int EVENTS = WARM_UP + FIRST_EVENTS;

  List<Figure> figures() throws Exception {
    int before = rig.endpoint().count();
    // So that the writer's code is warm.
    c.setAutoCommit(false);
    for (int i = 0; i < WARM_UP; i++) {
      Writer.write(c, "first" + i);
    }
    c.setAutoCommit(true);
    Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= before + WARM_UP);
    Rig.awaitEmpty(database, relay);
    Duration half = Duration.ofSeconds(rig.options().silence()).dividedBy(2);
    Thread.sleep(half);

    Part part = Part.begin(rig, name + "-idle", relay);
    long statements = statements();
    long from = System.nanoTime();
    Thread.sleep(half);
    double seconds = (System.nanoTime() - from) / 1e9;
    double asked = (statements() - statements - 1) / seconds;
    double cpu = part.end().cpuSeconds();

    c.setAutoCommit(false);
    long firstFrom = System.nanoTime();
    var commits = new long[FIRST_EVENTS];
    for (int i = 0; i < FIRST_EVENTS; i++) {
      long began = System.nanoTime();
      Writer.write(c, "after" + i);
      commits[i] = System.nanoTime() - began;
      Thread.sleep(half.dividedBy(3));
    }
    Rig.await("the first events", relay, () -> rig.endpoint().count() >= before + EVENTS);
    long[] took = rig.endpoint().received().writtenBetween(firstFrom, Long.MAX_VALUE).latencies();
    long[] sorted = Chart.sorted(took);
    return List.of(
        new Figure("statements", asked, "statements/s, idle"),
        new Figure("idle-core", cpu / seconds * 100, "% of a core, idle"),
        new Figure("first", took[0] / 1e6, "ms, first event after the silence"),
        new Figure("first-p50", Chart.percentile(sorted, 0.5) / 1e6, "ms, p50 of 5 first events"),
        new Figure(
            "first-commit",
            Chart.percentile(Chart.sorted(commits), 0.5) / 1e6,
            "ms, p50 of their commits"),
        new Figure("first-max", Chart.percentile(sorted, 1) / 1e6, "ms at most"));
  }

  /** The statements that the server was asked so far; asking is one of them. */
  private long statements() throws SQLException {
    try (var s = c.createStatement();
        var row = s.executeQuery("SHOW GLOBAL STATUS LIKE 'Questions'")) {
      row.next();
      return row.getLong(2);
    }
  }
}
