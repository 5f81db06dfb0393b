package io.outboxpipeline.bench;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.testkit.JavaProcess;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * One relay drains a backlog in many items, from the process's start. The local DynamoDB has the
 * same two cores, and one writer at a time: the figure says what that program takes.
 */
record DynamoDbDrain(String name, String title) implements Scenario {
  private static final int EVENTS_AN_ITEM = 20;
  private static final int WRITERS = 8;

  @Override
  public Result run(Rig rig) throws Exception {
    int items = rig.options().events() / EVENTS_AN_ITEM;
    int events = items * EVENTS_AN_ITEM;
    rig.endpoint().reset(Duration.ZERO);
    try (var tables = new DynamoDbTables()) {
      fill(tables, items);
      long began = System.nanoTime();
      try (JavaProcess relay = tables.relay(rig, false, Map.of())) {
        Rig.await(name, relay, () -> rig.endpoint().count() >= events && tables.isEmpty());
        double cpu = Usage.of(relay.pid()).cpuSeconds();
        Received received = rig.endpoint().received();
        Optional<String> violation = received.violation(events);
        if (violation.isPresent()) {
          return new Result.Violated(violation.get());
        }
        long[] arrivals = received.since(began);
        double first = arrivals[0];
        return Result.of(
            new Figure(
                "rate", events * 1e9 / (arrivals[events - 1] - first), "events/s, local program"),
            new Figure("cpu", cpu * 1000 / events, "CPU s/1,000 events, with the start"),
            new Figure("packing", (double) events / received.messages(), "events a message"));
      }
    }
  }

  private static void fill(DynamoDbTables tables, int items)
      throws InterruptedException, ExecutionException {
    var outbox = new DynamoOutbox(tables.client);
    try (var threads = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> running =
          IntStream.range(0, items)
              .<Future<?>>mapToObj(n -> threads.submit(() -> write(tables, outbox, "item" + n)))
              .toList();
      for (Future<?> f : running) {
        f.get();
      }
    }
  }

  private static void write(DynamoDbTables tables, DynamoOutbox outbox, String id) {
    var event = NewEvent.json(new Aggregate("bench", id), "bench.event", Payload.of(0));
    outbox.write(
        outbox
            .prepare()
            .update(tables.count(id), Collections.nCopies(EVENTS_AN_ITEM, event))
            .build());
  }
}
