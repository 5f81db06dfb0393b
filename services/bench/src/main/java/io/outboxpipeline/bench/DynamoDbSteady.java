package io.outboxpipeline.bench;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.testkit.JavaProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * How long an event takes from just before its write until the endpoint has read the request, at a
 * steady rate. Writers, relay, endpoint and the local DynamoDB share the cores.
 */
record DynamoDbSteady(String name, String title, int perSecond) implements Scenario {
  private static final int AGGREGATES = 1_000;
  private static final int WRITERS = 16;
  private static final int WARM_UP_SECONDS = 10;

  @Override
  public Result run(Rig rig) throws Exception {
    int warmUp = perSecond * WARM_UP_SECONDS;
    int measured = perSecond * rig.options().seconds();
    rig.endpoint().reset(Duration.ZERO);
    try (var tables = new DynamoDbTables();
        JavaProcess relay = tables.relay(rig, false, Map.of())) {
      write(tables, warmUp);
      Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= warmUp && tables.isEmpty());
      long from = System.nanoTime();
      Part part = Part.begin(rig, name, relay);
      long[] took = Chart.sorted(write(tables, measured));
      double lasted = (System.nanoTime() - from) / 1e9;
      double cpu = part.end().cpuSeconds() / lasted;
      int all = warmUp + measured;
      Rig.await(name, relay, () -> rig.endpoint().count() >= all);
      Received received = rig.endpoint().received();
      Optional<String> violation = received.violation(all);
      if (violation.isPresent()) {
        return new Result.Violated(violation.get());
      }
      long[] latencies = Chart.sorted(received.writtenBetween(from, Long.MAX_VALUE).latencies());
      return new Result.Measured(
          List.of(
              new Figure("written", measured / lasted, "events/s written"),
              new Figure("p50", Chart.percentile(latencies, 0.5) / 1e6, "ms, p50"),
              new Figure("p99", Chart.percentile(latencies, 0.99) / 1e6, "ms, p99"),
              new Figure("max", Chart.percentile(latencies, 1) / 1e6, "ms at most"),
              new Figure("write-p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50 of the writes"),
              new Figure("write-p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99 of the writes"),
              new Figure("core", cpu * 100, "% of a core, relay")),
          List.of(new Chart.Latency(name + "-latency", title, latencies)));
    }
  }

  /** How long each write took. */
  private long[] write(DynamoDbTables tables, int count) throws Exception {
    var outbox = new DynamoOutbox(tables.client);
    var next = new AtomicInteger();
    long[] took = new long[count];
    long began = System.nanoTime();
    try (var threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        running.add(
            threads.submit(
                () -> {
                  for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                    long due = began + n * 1_000_000_000L / perSecond;
                    for (long left = due - System.nanoTime();
                        left > 0;
                        left = due - System.nanoTime()) {
                      LockSupport.parkNanos(left);
                    }
                    long before = System.nanoTime();
                    write(tables, outbox, "w" + n % AGGREGATES, before);
                    took[n] = System.nanoTime() - before;
                  }
                }));
      }
      for (Future<?> f : running) {
        f.get();
      }
    }
    return took;
  }

  private static void write(DynamoDbTables tables, DynamoOutbox outbox, String id, long now) {
    outbox.write(
        outbox
            .prepare()
            .update(
                tables.count(id),
                List.of(NewEvent.json(new Aggregate("bench", id), "bench.event", Payload.of(now))))
            .build());
  }
}
