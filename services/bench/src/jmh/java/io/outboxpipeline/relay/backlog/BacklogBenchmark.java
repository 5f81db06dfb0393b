package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.Standing;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * What an event costs between its source and the queue: to be taken in, to be packed, to be
 * answered. No database, no SQS, and no bodies are put together.
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
  private static final int PARTITIONS = 64;
  private static final Limits.Request REQUEST = new Limits.Request(10, 1 << 20, 1 << 20, 200);

  /** Over how many the events are spread. */
  @Param({"10000", "100"})
  private int aggregates;

  private List<StoredEvent> events = List.of();
  private Backlog backlog = new Backlog(Limits.DEFAULT, new NoSource());

  /** The same events each time, in the order of their commits. */
  @Setup
  public void fill() {
    Aggregate[] all =
        IntStream.range(0, aggregates)
            .mapToObj(n -> new Aggregate("bench", "a" + n))
            .toArray(Aggregate[]::new);
    events = new ArrayList<>(EVENTS);
    for (int n = 0; n < EVENTS; n++) {
      Aggregate aggregate = all[n % aggregates];
      events.add(
          new StoredEvent(
              aggregate.slot(),
              n + 1L,
              1,
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
    backlog = new Backlog(Limits.DEFAULT, new NoSource());
    int each = Slots.COUNT / PARTITIONS;
    for (int p = 0; p < PARTITIONS; p++) {
      backlog.own(new Grant(p, new SlotRange(p * each, p * each + each - 1), 1));
    }
  }

  /** All events, handed over as far as there is room, and sent. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public int plan() throws InterruptedException {
    int next = 0;
    while (next < EVENTS) {
      int room = backlog.room().rows();
      for (int taken = 0; taken < room && next < EVENTS && backlog.offer(events.get(next)); taken++) {
        next++;
      }
      for (List<Message> request = take(); !request.isEmpty(); request = take()) {
        request.forEach(backlog::acknowledged);
      }
    }
    return next;
  }

  private List<Message> take() throws InterruptedException {
    return backlog.take(0, 0, REQUEST);
  }

  /** Records nothing. */
  private static final class NoSource implements Source {
    @Override
    public void start(Intake intake) {}

    @Override
    public void follow(Grant grant) {}

    @Override
    public boolean stop(Grant grant) {
      return true;
    }

    @Override
    public void finish(Grant grant) {}

    @Override
    public void giveUp(Grant grant) {}

    @Override
    public void forget(Grant grant) {}

    @Override
    public void done(Sent sent) {}

    @Override
    public void quarantine(Refusal refusal) {}

    @Override
    public void roomAgain() {}

    @Override
    public boolean records() {
      return true;
    }

    @Override
    public Standing standing() {
      return new Standing(0, 0, Optional.empty(), 0);
    }

    @Override
    public Optional<String> trouble() {
      return Optional.empty();
    }

    @Override
    public boolean alive() {
      return true;
    }

    @Override
    public void endReading() {}

    @Override
    public void close() {}
  }
}
