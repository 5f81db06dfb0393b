package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long an event takes from just before its INSERT until the endpoint has read the request, at a
 * steady 500 a second. The relay is warm, and so is the writer: it has written as long as is
 * measured, at twice the rate.
 *
 * @param settings of the relay
 * @param beside what else the same relay is measured at
 */
record Steady(
    String name, String title, Duration latency, Map<String, String> settings, Beside beside)
    implements Scenario {
  private static final int PER_SECOND = 500;
  private static final int WARM_UP_PER_SECOND = 1_000;
  private static final int AGGREGATES = 1_000;

  /** More than what is drained while the latencies are measured. */
  private static final int HOT_PER_SECOND = 16_000;

  /** Of the start, when the writer's threads connect. */
  private static final int SKIPPED_SECONDS = 2;

  /** What else is measured. */
  enum Beside {
    NOTHING,
    /** Meanwhile a backlog of one hot aggregate is drained. */
    HOT,
    /** Afterwards, what it costs while nothing happens, and how long the first event then takes. */
    SILENCE
  }

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    int seconds = rig.options().seconds();
    int measured = seconds + SKIPPED_SECONDS;
    try (JavaProcess relay = relay(rig, database);
        JavaProcess writer =
            rig.writer(database, WARM_UP_PER_SECOND, seconds, PER_SECOND, measured, AGGREGATES)) {
      int warmUp = WARM_UP_PER_SECOND * seconds;
      Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= warmUp);
      Rig.awaitEmpty(database, relay);
      int hot = beside == Beside.HOT ? HOT_PER_SECOND * seconds : 0;
      if (hot > 0) {
        relay.pause();
        Fill.backlog(Rig.source(database), "hot", hot, 1);
        relay.resume();
      }

      writer.goOn();
      Thread.sleep(Duration.ofSeconds(SKIPPED_SECONDS));
      long from = System.nanoTime();
      Part part = Part.begin(rig, name, relay);
      List<Figure> told = Rig.told(writer.output((int) Rig.PATIENCE.toSeconds()));
      double lasted = (System.nanoTime() - from) / 1e9;
      double cpu = part.end().cpuSeconds() / lasted;
      int all = warmUp + hot + PER_SECOND * measured;
      Rig.await(name, relay, () -> rig.endpoint().count() >= all);
      Received received = rig.endpoint().received();
      Optional<String> violation = received.violation(all);
      if (violation.isPresent()) {
        return new Result.Violated(violation.get());
      }

      // What was written after the last of the hot aggregate is not beside it.
      long until = hot > 0 ? received.lastOf("hot0") : Long.MAX_VALUE;
      long[] took = Chart.sorted(received.writtenBetween(from, until).latencies());
      var figures = new ArrayList<Figure>();
      figures.add(new Figure("p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50"));
      figures.add(new Figure("p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99"));
      figures.add(new Figure("max", Chart.percentile(took, 1) / 1e6, "ms at most"));
      figures.add(new Figure("measured", took.length, "events"));
      figures.addAll(told);
      figures.add(new Figure("core", cpu * 100, "% of a core, relay"));
      if (beside == Beside.SILENCE) {
        try (Connection c = Rig.source(database).getConnection()) {
          figures.addAll(new Silence(rig, name, database, relay, c).figures());
        }
        Optional<String> later = rig.endpoint().received().violation(all + Silence.EVENTS);
        if (later.isPresent()) {
          return new Result.Violated(later.get());
        }
      }
      return new Result.Measured(
          figures, List.of(new Chart.Latency(name + "-latency", title, took)));
    }
  }

  private JavaProcess relay(Rig rig, Database database) throws Exception {
    JavaProcess relay = rig.relay(database, settings);
    rig.endpoint().reset(latency);
    return relay;
  }
}
