package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long an event takes from just before its INSERT until the endpoint has read the request, at a
 * steady 500 a second. The first seconds are not measured.
 *
 * @param hot whether a backlog of one hot aggregate is drained beside it
 */
record Steady(String name, String title, Duration latency, int aggregates, boolean hot)
    implements Scenario {
  private static final int PER_SECOND = 500;
  private static final int WARM_UP_SECONDS = 10;
  private static final int SECONDS = 20;
  private static final int HOT_EVENTS = 300_000;

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    rig.endpoint().reset(latency);
    try (Program relay = rig.relay(database, Map.of())) {
      if (hot) {
        Fill.backlog(Rig.source(database), "hot", HOT_EVENTS, 1);
      }
      int expected = PER_SECOND * (WARM_UP_SECONDS + SECONDS);
      try (Program writer =
          rig.writer(database, PER_SECOND, WARM_UP_SECONDS + SECONDS, aggregates)) {
        Thread.sleep(Duration.ofSeconds(WARM_UP_SECONDS + 1));
        long from = System.nanoTime();
        Usage before = relay.usage();
        Thread.sleep(Duration.ofSeconds(SECONDS - 2));
        double cpu = relay.usage().cpuSecondsSince(before);
        double seconds = (System.nanoTime() - from) / 1e9;
        writer.output((int) Rig.PATIENCE.toSeconds());
        int all = expected + (hot ? HOT_EVENTS : 0);
        Rig.await(name, relay, () -> rig.endpoint().count() >= all);
        Received received = rig.endpoint().received();
        Optional<String> violation = received.violation(all);
        if (violation.isPresent()) {
          return new Result.Violated(violation.get());
        }
        long[] took = Chart.sorted(received.writtenSince(from).latencies());
        return new Result.Measured(
            List.of(
                new Figure("p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50"),
                new Figure("p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99"),
                new Figure("max", Chart.percentile(took, 1) / 1e6, "ms at most"),
                new Figure("core", cpu / seconds * 100, "% of a core, relay")),
            List.of(new Chart.Latency(name + "-latency", title, took)));
      }
    }
  }
}
