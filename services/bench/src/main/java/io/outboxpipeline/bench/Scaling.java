package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** From one relay to four and back under load; all moves are planned, so nothing goes twice. */
final class Scaling implements Scenario {
  private static final int PER_SECOND = 200;
  private static final int WARM_UP_PER_SECOND = 1_000;
  private static final int AGGREGATES = 1_000;
  private static final int RELAYS = 4;

  /** From a relay's start or stop to the next: it starts, and its partitions move. */
  private static final int STEP_SECONDS = 9;

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
    List<JavaProcess> relays = new ArrayList<>();
    List<Chart.Mark> marks = new ArrayList<>();
    List<Moved> steps = new ArrayList<>();
    int warmUp = WARM_UP_PER_SECOND * rig.options().seconds();
    // One step more, for what is late.
    int seconds = (2 * RELAYS - 1) * STEP_SECONDS;
    try {
      relays.add(Failover.ready(rig, database, "relay-0"));
      try (JavaProcess writer =
          rig.writer(
              database,
              WARM_UP_PER_SECOND,
              rig.options().seconds(),
              PER_SECOND,
              seconds,
              AGGREGATES)) {
        Rig.await("the warm-up", relays.getFirst(), () -> rig.endpoint().count() >= warmUp);
        writer.goOn();
        long from = System.nanoTime();
        for (int i = 1; i < RELAYS; i++) {
          var before = new Step(System.nanoTime(), epochs(database));
          marks.add(new Chart.Mark(before.from, (i + 1) + " relays"));
          relays.add(Failover.ready(rig, database, "relay-" + i));
          steps.add(before.moved(rest(before), epochs(database)));
          Part.fromStart(rig, name() + "-" + (i + 1), relays.getLast()).end();
        }
        for (int i = RELAYS - 1; i > 0; i--) {
          var before = new Step(System.nanoTime(), epochs(database));
          marks.add(new Chart.Mark(before.from, i + " relays"));
          Rig.stop(relays.get(i), 30);
          steps.add(before.moved(rest(before), epochs(database)));
        }
        writer.output((int) Rig.PATIENCE.toSeconds());
        int expected = warmUp + PER_SECOND * seconds;
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
        long[] stalls =
            steps.stream().flatMapToLong(step -> step.stalls(received)).sorted().toArray();
        return new Result.Measured(
            List.of(
                new Figure("p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50 of all events"),
                new Figure("p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99 of all events"),
                new Figure("max", Chart.percentile(took, 1) / 1e6, "ms, the longest stall"),
                new Figure("moves", stalls.length, "partitions moved"),
                new Figure(
                    "stall-p50", Chart.percentile(stalls, 0.5) / 1e6, "ms, p50 of their stalls"),
                new Figure(
                    "stall-p99", Chart.percentile(stalls, 0.99) / 1e6, "ms, p99 of their stalls"),
                new Figure("duplicates", 0, "events sent twice")),
            List.of(received.stalls(name() + "-stall", title(), marks.toArray(new Chart.Mark[0]))));
      }
    } finally {
      relays.forEach(JavaProcess::close);
    }
  }

  /** Waits for a step's end. */
  private static long rest(Step step) throws InterruptedException {
    long until = step.from + Duration.ofSeconds(STEP_SECONDS).toNanos();
    Thread.sleep(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    return System.nanoTime();
  }

  private static Map<SlotRange, Long> epochs(Database database) throws SQLException {
    var epochs = new HashMap<SlotRange, Long>();
    try (var c = database.dataSource().getConnection();
        var s = c.createStatement();
        var row = s.executeQuery("SELECT first_slot, last_slot, epoch FROM obt_partition")) {
      while (row.next()) {
        epochs.put(new SlotRange(row.getInt(1), row.getInt(2)), row.getLong(3));
      }
    }
    return epochs;
  }

  /** The partitions' epochs at a nano time. */
  private record Step(long from, Map<SlotRange, Long> epochs) {
    /** The partitions whose epoch is another one now. */
    Moved moved(long until, Map<SlotRange, Long> now) {
      List<SlotRange> moved =
          now.entrySet().stream()
              .filter(partition -> !partition.getValue().equals(epochs.get(partition.getKey())))
              .map(Map.Entry::getKey)
              .toList();
      return new Moved(from, until, moved);
    }
  }

  /** Partitions that moved between two nano times. */
  record Moved(long from, long until, List<SlotRange> partitions) {

    /** How long the slowest event of each took that was written meanwhile. */
    LongStream stalls(Received received) {
      var most = new long[Slots.COUNT];
      Received meanwhile = received.writtenBetween(from, until);
      long[] took = meanwhile.latencies();
      for (int i = 0; i < took.length; i++) {
        int slot = new Aggregate("bench", meanwhile.aggregates()[meanwhile.aggregate()[i]]).slot();
        most[slot] = Math.max(most[slot], took[i]);
      }
      return partitions.stream()
          .mapToLong(
              range ->
                  LongStream.of(most)
                      .skip(range.first())
                      .limit(range.last() - range.first() + 1L)
                      .max()
                      .orElse(0));
    }
  }
}
