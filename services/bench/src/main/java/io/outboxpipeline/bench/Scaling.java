package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** From one relay to four and back under load; all moves are planned, so nothing goes twice. */
final class Scaling implements Scenario {
  private static final int PER_SECOND = 500;
  private static final int AGGREGATES = 1_000;
  private static final int SECONDS = 90;
  private static final int RELAYS = 4;
  private static final Duration BETWEEN = Duration.ofSeconds(8);

  @Override
  public String name() {
    return "scaling";
  }

  @Override
  public String title() {
    return "1 → 4 → 1 relays under load";
  }

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    rig.endpoint().reset(Duration.ZERO);
    List<Program> relays = new ArrayList<>();
    List<Chart.Mark> marks = new ArrayList<>();
    try {
      relays.add(Failover.ready(rig, database, "relay-0"));
      try (Program writer = rig.writer(database, PER_SECOND, SECONDS, AGGREGATES)) {
        Thread.sleep(BETWEEN.multipliedBy(2));
        long from = System.nanoTime();
        for (int i = 1; i < RELAYS; i++) {
          relays.add(Failover.ready(rig, database, "relay-" + i));
          marks.add(new Chart.Mark(System.nanoTime(), (i + 1) + " relays"));
          Thread.sleep(BETWEEN);
        }
        for (int i = RELAYS - 1; i > 0; i--) {
          marks.add(new Chart.Mark(System.nanoTime(), i + " relays"));
          relays.get(i).terminate();
          relays.get(i).output(30);
          Thread.sleep(BETWEEN.dividedBy(2));
        }
        writer.output((int) Rig.PATIENCE.toSeconds());
        int expected = PER_SECOND * SECONDS;
        Rig.await(name(), relays.getFirst(), () -> rig.endpoint().count() >= expected);
        Received received = rig.endpoint().received();
        var violation = received.violation(expected);
        if (violation.isPresent()) {
          return new Result.Violated(violation.get());
        }
        if (received.order().duplicates() > 0) {
          return new Result.Violated(received.order().duplicates() + " events were sent twice");
        }
        long[] took = Chart.sorted(received.writtenSince(from).latencies());
        return new Result.Measured(
            List.of(
                new Figure("p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50 of all events"),
                new Figure("p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99 of all events"),
                new Figure("max", Chart.percentile(took, 1) / 1e6, "ms, the longest stall"),
                new Figure("duplicates", 0, "events sent twice")),
            List.of(received.stalls(name() + "-stall", title(), marks.toArray(new Chart.Mark[0]))));
      }
    } finally {
      relays.forEach(Program::close);
    }
  }
}
