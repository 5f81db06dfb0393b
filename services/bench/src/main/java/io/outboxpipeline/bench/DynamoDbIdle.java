package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.JavaProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one relay asks of DynamoDB while nothing happens, and what that costs on demand. The first
 * half of the silence is to settle down.
 */
record DynamoDbIdle(String name, String title) implements Scenario {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** A query of the index that finds nothing is half a unit; a consistent read one; a write one. */
  private static final Map<String, Double> UNITS = Map.of("Query", 0.5, "GetItem", 1.0);

  private static final Set<String> WRITES = Set.of("PutItem", "UpdateItem", "DeleteItem");

  /** In us-east-1. */
  private static final double DOLLARS_A_READ = 0.125 / 1e6;

  private static final double DOLLARS_A_WRITE = 0.625 / 1e6;
  private static final double MINUTES_A_MONTH = 60 * 730.0;

  @Override
  public Result run(Rig rig) throws Exception {
    int port = JavaProcess.freePort();
    try (var tables = new DynamoDbTables();
        JavaProcess relay =
            tables.relay(rig, true, Map.of("SERVER_PORT", Integer.toString(port)))) {
      Ready.await(relay, port, LIMIT);
      Duration half = Duration.ofSeconds(rig.options().silence()).dividedBy(2);
      Thread.sleep(half);
      Map<String, Integer> before = tables.calls();
      long from = System.nanoTime();
      Thread.sleep(half);
      double minutes = (System.nanoTime() - from) / 60e9;
      List<Figure> figures = new ArrayList<>();
      double dollars = 0;
      double all = 0;
      for (var call : tables.calls().entrySet()) {
        double count = (call.getValue() - before.getOrDefault(call.getKey(), 0)) / minutes;
        all += count;
        dollars +=
            WRITES.contains(call.getKey())
                ? count * DOLLARS_A_WRITE
                : count * UNITS.getOrDefault(call.getKey(), 0.0) * DOLLARS_A_READ;
        figures.add(
            new Figure(
                call.getKey().toLowerCase(java.util.Locale.ROOT),
                count,
                call.getKey() + " a minute"));
      }
      figures.addFirst(new Figure("calls", all, "calls a minute, idle"));
      figures.add(
          new Figure("month", dollars * MINUTES_A_MONTH, "$ a month on demand in us-east-1"));
      return new Result.Measured(figures, List.of());
    }
  }
}
