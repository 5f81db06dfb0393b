package io.outboxpipeline.bench;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import software.amazon.awssdk.services.dynamodb.model.ConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * What an append of one event costs by what waits in the item already: write units, as DynamoDB
 * tells them, and time, beside the same update without an event.
 */
record DynamoDbAppend(String name, String title) implements Scenario {
  private static final int TIMES = 200;
  private static final List<Integer> PENDING_KB = List.of(0, 8, 16, 32);

  /** More than the default, so that the largest can be measured. */
  private static final int MAX_PENDING = 64 << 10;

  @Override
  public Result run(Rig rig) throws Exception {
    try (var tables = new DynamoDbTables()) {
      List<Figure> figures = new ArrayList<>();
      figures.add(new Figure("plain", plain(tables), "ms, p50 of the update without an event"));
      for (int kb : PENDING_KB) {
        measure(tables, kb, figures);
      }
      return new Result.Measured(figures, List.of());
    }
  }

  private static double plain(DynamoDbTables tables) {
    var took = new long[TIMES];
    for (int i = 0; i < TIMES; i++) {
      Update update = tables.count("plain" + i);
      long began = System.nanoTime();
      tables.client.updateItem(
          r ->
              r.tableName(update.tableName())
                  .key(update.key())
                  .updateExpression(update.updateExpression())
                  .expressionAttributeValues(update.expressionAttributeValues()));
      took[i] = System.nanoTime() - began;
    }
    return p50(took);
  }

  private static void measure(DynamoDbTables tables, int kb, List<Figure> figures) {
    var outbox =
        new DynamoOutbox(
            tables.client, MAX_PENDING, Duration.ofSeconds(30), InstantSource.system());
    var took = new long[TIMES];
    double units = 0;
    for (int i = 0; i < TIMES; i++) {
      String id = "pending" + kb + "-" + i;
      if (kb > 0) {
        outbox.write(
            outbox.prepare().update(tables.count(id), List.of(event(id, kb << 10))).build());
      }
      TransactWriteItemsRequest request =
          outbox
              .prepare()
              .update(tables.count(id), List.of(event(id, 300)))
              .build()
              .request()
              .toBuilder()
              .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
              .build();
      long began = System.nanoTime();
      List<ConsumedCapacity> consumed =
          tables.client.transactWriteItems(request).consumedCapacity();
      took[i] = System.nanoTime() - began;
      units += consumed.stream().mapToDouble(ConsumedCapacity::capacityUnits).sum();
    }
    String pending = kb + " KB wait";
    figures.add(new Figure("units-" + kb, units / TIMES, "write units, " + pending));
    figures.add(new Figure("append-" + kb, p50(took), "ms, p50 of an append, " + pending));
  }

  private static NewEvent event(String id, int bytes) {
    return NewEvent.json(
        new Aggregate("bench", id), "bench.event", "{\"x\":\"" + "x".repeat(bytes - 8) + "\"}");
  }

  private static double p50(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2] / 1e6;
  }
}
