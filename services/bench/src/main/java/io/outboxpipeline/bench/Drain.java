package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One relay drains a backlog. It drains another one before, so that its code is warm; while the
 * backlog to be measured is written it is stopped (SIGSTOP), with leases that outlast that. The
 * time begins with SIGCONT and ends with the last arrival.
 *
 * @param share of the options' events that make the backlog
 */
record Drain(String name, String title, Duration latency, double share, int aggregates)
    implements Scenario {
  private static final int WARM_UP = 50_000;

  static final Map<String, String> LONG_LEASES =
      Map.of("RELAY_LEASE_DURATION", "10m", "RELAY_RENEW_DEADLINE", "9m");

  @Override
  public Result run(Rig rig) throws Exception {
    int events = (int) (rig.options().events() * share);
    Database database = rig.backlog(WARM_UP, Rig.AGGREGATES);
    rig.endpoint().reset(Duration.ZERO);
    try (JavaProcess relay = rig.relay(database, LONG_LEASES)) {
      long started = System.nanoTime();
      Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= WARM_UP);
      Rig.awaitEmpty(database, relay);
      double cold = WARM_UP * 1e9 / (System.nanoTime() - started);
      relay.pause();
      Fill.backlog(Rig.source(database), "b", events, aggregates);
      rig.endpoint().reset(latency);

      Part part = Part.begin(rig, name, relay);
      Usage endpointBefore = rig.endpointUsage();
      long began = System.nanoTime();
      relay.resume();
      Rig.await(name, relay, () -> rig.endpoint().count() >= events);
      Rig.awaitEmpty(database, relay);
      Usage used = part.end();
      double endpointCpu = rig.endpointUsage().since(endpointBefore).cpuSeconds();

      Received received = rig.endpoint().received();
      Optional<String> violation = received.violation(events);
      if (violation.isPresent()) {
        return new Result.Violated(violation.get());
      }
      long[] arrivals = received.since(began);
      var figures = new ArrayList<Figure>();
      figures.add(new Figure("rate", events * 1e9 / arrivals[events - 1], "events/s"));
      figures.add(new Figure("cpu", used.cpuSeconds() * 1000 / events, "CPU s/1,000 events"));
      figures.add(new Figure("rss", used.peakRssMiB(), "MiB at most"));
      figures.add(new Figure("cold", cold, "events/s from the process's start"));
      figures.add(
          new Figure("endpoint-cpu", endpointCpu * 1000 / events, "CPU s/1,000 events, endpoint"));
      figures.add(new Figure("packing", (double) events / received.messages(), "events a message"));
      figures.add(new Figure("duplicates", received.order().duplicates(), "events sent twice"));
      return new Result.Measured(
          figures, List.of(new Chart.Rate(name + "-rate", title + ": rate", arrivals)));
    }
  }
}
