package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.Backlog.SlotFetch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an event costs in planning: what to read, what to send, what to delete. No database, no SQS,
 * and no bodies are put together.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class BacklogBenchmark {
  private static final int EVENTS = 20_000;
  private static final int BYTES = 600;
  private static final int MAX_DELETES = 2_000;
  private static final int PARTITIONS = 64;
  private static final Limits.Request REQUEST = new Limits.Request(10, 1 << 20, 1 << 20, 200);

  /** Over how many the events are spread. */
  @Param({"10000", "100"})
  private int aggregates;

  private List<List<Row>> table = List.of();
  private Backlog backlog = new Backlog(Limits.DEFAULT, _ -> {});

  /** The same rows in each slot, by id. */
  @Setup
  public void fill() {
    Aggregate[] all =
        IntStream.range(0, aggregates)
            .mapToObj(n -> new Aggregate("bench", "a" + n))
            .toArray(Aggregate[]::new);
    table = Stream.generate(() -> (List<Row>) new ArrayList<Row>()).limit(Slots.COUNT).toList();
    for (int n = 0; n < EVENTS; n++) {
      Aggregate aggregate = all[n % aggregates];
      table
          .get(aggregate.slot())
          .add(
              new Row(
                  aggregate.slot(),
                  n + 1L,
                  aggregate,
                  n / aggregates + 1L,
                  new UUID(1, n).toString(),
                  "bench.event",
                  Instant.EPOCH,
                  "{}",
                  BYTES,
                  null));
    }
  }

  /** A backlog that has seen none of it. */
  @Setup(Level.Invocation)
  public void own() {
    backlog = new Backlog(Limits.DEFAULT, _ -> {});
    int each = Slots.COUNT / PARTITIONS;
    for (int p = 0; p < PARTITIONS; p++) {
      backlog.own(new Grant(p, new SlotRange(p * each, p * each + each - 1), 1), List.of());
    }
  }

  /** All events, from the first read to the last delete. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public int plan() throws InterruptedException {
    int deleted = 0;
    while (deleted < EVENTS) {
      read();
      for (List<Message> request = take(); !request.isEmpty(); request = take()) {
        request.forEach(backlog::acknowledged);
      }
      List<Acknowledged> gone = backlog.takeAcknowledged(MAX_DELETES, 1, 0, 0);
      while (!gone.isEmpty()) {
        backlog.deleted(gone);
        deleted += gone.size();
        gone = backlog.takeAcknowledged(MAX_DELETES, 1, 0, 0);
      }
    }
    return deleted;
  }

  private List<Message> take() throws InterruptedException {
    return backlog.take(0, 0, REQUEST);
  }

  private void read() {
    backlog.beginRead();
    for (SlotFetch fetch : backlog.slotFetches(EVENTS)) {
      List<Row> slot =
          table.get(fetch.slot()).stream()
              .filter(r -> r.id() > fetch.after() && r.id() <= fetch.to())
              .filter(r -> !fetch.without().contains(r.aggregate()))
              .limit(fetch.limit())
              .toList();
      backlog.addSlot(fetch, slot, slot.size() < fetch.limit());
    }
    for (Backlog.LaneFetch fetch : backlog.laneFetches(false)) {
      List<Row> lane =
          table.get(fetch.aggregate().slot()).stream()
              .filter(r -> r.aggregate().equals(fetch.aggregate()))
              .filter(r -> r.id() >= fetch.from() && r.id() <= fetch.to())
              .limit(fetch.limit())
              .toList();
      backlog.addLane(fetch, lane, lane.size() < fetch.limit());
    }
  }
}
