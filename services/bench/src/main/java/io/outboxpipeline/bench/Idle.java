package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a relay of 64 partitions costs while nothing happens, and how long the first event then
 * takes. Before it falls silent it has sent some, so that its code is warm.
 */
final class Idle implements Scenario {
  private static final int WARM_UP = 20_000;
  private static final Duration SETTLE = Duration.ofSeconds(5);
  private static final int FIRST_EVENTS = 5;
  private static final Duration SILENCE = Duration.ofSeconds(4);

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public String title() {
    return "an idle relay of 64 partitions, and the first event after a silence";
  }

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.backlog(WARM_UP, Rig.AGGREGATES);
    rig.endpoint().reset(Duration.ZERO);
    try (Program relay = rig.relay(database, Map.of());
        Connection c = Rig.source(database).getConnection()) {
      Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= WARM_UP);
      c.setAutoCommit(false);
      for (int i = 0; i < FIRST_EVENTS; i++) {
        Writer.write(c, "first" + i);
      }
      Rig.awaitEmpty(database, relay);
      Thread.sleep(SETTLE);

      int silence = Integer.getInteger("bench.silence", 60);
      Usage before = relay.usage();
      long statements = statements(c);
      long from = System.nanoTime();
      Thread.sleep(Duration.ofSeconds(silence));
      double seconds = (System.nanoTime() - from) / 1e9;
      double cpu = relay.usage().cpuSecondsSince(before);
      double asked = (statements(c) - statements - 1) / seconds;

      int first = WARM_UP + FIRST_EVENTS;
      long measuredFrom = System.nanoTime();
      for (int i = 1; i <= FIRST_EVENTS; i++) {
        Writer.write(c, "after" + i);
        int expected = first + i;
        Rig.await("the first event", relay, () -> rig.endpoint().count() >= expected);
        Thread.sleep(SILENCE);
      }
      Received received = rig.endpoint().received();
      var violation = received.violation(first + FIRST_EVENTS);
      if (violation.isPresent()) {
        return new Result.Violated(violation.get());
      }
      long[] took = received.writtenSince(measuredFrom).latencies();
      long[] sorted = Chart.sorted(took);
      return new Result.Measured(
          List.of(
              new Figure("statements", asked, "statements/s"),
              new Figure("core", cpu / seconds * 100, "% of a core"),
              new Figure("rss", relay.usage().peakRssMiB(), "MiB at most"),
              new Figure("first", took[0] / 1e6, "ms, the first event"),
              new Figure("next", Chart.percentile(sorted, 0.5) / 1e6, "ms, p50, 4 s apart"),
              new Figure("most", Arrays.stream(sorted).max().orElse(0) / 1e6, "ms at most")),
          List.of());
    }
  }

  /** The statements that the server was asked so far, pings and commits among them. */
  private static long statements(Connection c) throws SQLException {
    try (var s = c.createStatement();
        var row = s.executeQuery("SHOW GLOBAL STATUS LIKE 'Questions'")) {
      row.next();
      return row.getLong(2);
    } finally {
      c.rollback();
    }
  }
}
