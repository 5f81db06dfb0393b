package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * One of two relays fails under load: how long its partitions stand still. Both relays and the
 * writer are warm. The load is one that leaves room for a JVM that starts beside it.
 */
record Failover(String name, String title, Fault fault) implements Scenario {
  private static final int PER_SECOND = 200;
  private static final int WARM_UP_PER_SECOND = 1_000;
  private static final int AGGREGATES = 1_000;

  /** Of the load before the fault. */
  private static final int SECONDS_BEFORE = 5;

  /** How long after the last write a hung relay is left alone at most. */
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** What happens to the relay, and for how many seconds events are written after it. */
  enum Fault {
    /** SIGKILL, and a new process in its place at once, as a kubelet does with a container. */
    CRASH(12),
    /** SIGSTOP for good. */
    HANG(22);

    private final int seconds;

    Fault(int seconds) {
      this.seconds = seconds;
    }
  }

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    rig.endpoint().reset(Duration.ZERO);
    List<JavaProcess> relays = new ArrayList<>();
    try {
      relays.add(ready(rig, database, "relay-0"));
      relays.add(ready(rig, database, "relay-1"));
      int warmUp = WARM_UP_PER_SECOND * rig.options().seconds();
      int seconds = SECONDS_BEFORE + fault.seconds;
      try (JavaProcess writer =
          rig.writer(
              database,
              WARM_UP_PER_SECOND,
              rig.options().seconds(),
              PER_SECOND,
              seconds,
              AGGREGATES)) {
        Rig.await("the warm-up", relays.getLast(), () -> distinct(rig) >= warmUp);
        writer.goOn();
        Thread.sleep(Duration.ofSeconds(SECONDS_BEFORE));
        long at = System.nanoTime();
        var figures = new ArrayList<Figure>();
        switch (fault) {
          case CRASH -> {
            relays.getFirst().kill();
            relays.add(ready(rig, database, "relay-0"));
            double ready = (System.nanoTime() - at) / 1e9;
            figures.add(new Figure("ready", ready, "s until the new process was ready"));
            Part.fromStart(rig, name, relays.getLast()).end();
          }
          case HANG -> relays.getFirst().pause();
        }
        writer.output((int) Rig.PATIENCE.toSeconds());
        int expected = warmUp + PER_SECOND * seconds;
        long limit = System.nanoTime() + LIMIT.toNanos();
        Rig.await(
            name,
            relays.getLast(),
            () -> distinct(rig) >= expected || System.nanoTime() - limit > 0);
        if (fault == Fault.HANG) {
          // The sleeper wakes up, and must do no harm.
          relays.getFirst().resume();
          Thread.sleep(Duration.ofSeconds(2));
        }
        // Where the others could not go on without it, they can now, and the stall was so long.
        Rig.await(name, relays.getLast(), () -> distinct(rig) >= expected);
        Received received = rig.endpoint().received();
        var violation = received.violation(expected);
        if (violation.isPresent()) {
          return new Result.Violated(violation.get());
        }
        long[] took = Chart.sorted(received.writtenSince(at - 1_000_000_000L).latencies());
        figures.add(new Figure("stall", Chart.percentile(took, 1) / 1e9, "s, the longest stall"));
        figures.add(new Figure("duplicates", received.order().duplicates(), "events sent twice"));
        return new Result.Measured(
            figures,
            List.of(received.stalls(name + "-stall", title, new Chart.Mark(at, fault.name()))));
      }
    } finally {
      relays.forEach(JavaProcess::close);
    }
  }

  private static int distinct(Rig rig) throws IOException, InterruptedException {
    return rig.endpoint().received().order().distinct();
  }

  /** Starts a relay, and waits until it is ready. */
  static JavaProcess ready(Rig rig, Database database, String member) throws Exception {
    int port = JavaProcess.freePort();
    var settings = new HashMap<String, String>();
    settings.put("RELAY_MEMBER", member);
    settings.put("SERVER_PORT", Integer.toString(port));
    JavaProcess relay = rig.relay(database, settings);
    Ready.await(relay, port, Duration.ofSeconds(60));
    return relay;
  }
}
