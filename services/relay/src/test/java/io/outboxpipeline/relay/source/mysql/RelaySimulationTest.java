package io.outboxpipeline.relay.source.mysql;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Random schedules of the data path. A failure names its seed: {@code -Drelay.simulation.seed=…}
 * runs that one alone and prints what happened.
 */
final class RelaySimulationTest {
  private static final int SCHEDULES = 10_000;
  private static final int STEPS = 150;

  @Test
  void every_event_is_sent_in_order_and_deleted_only_when_it_was_acknowledged() {
    Long replay = Long.getLong("relay.simulation.seed");
    if (replay != null) {
      run(replay);
      return;
    }
    int schedules = Integer.getInteger("relay.simulation.schedules", SCHEDULES);
    for (long seed = 1; seed <= schedules; seed++) {
      run(seed);
    }
  }

  private static void run(long seed) {
    var simulation = new RelaySimulation(seed);
    try {
      for (int i = 0; i < STEPS; i++) {
        simulation.step();
      }
      simulation.settle();
    } catch (AssertionError | RuntimeException e) {
      List<String> trace = simulation.trace();
      throw new AssertionError(
          "seed "
              + seed
              + ": "
              + e
              + "\n"
              + String.join("\n", trace.subList(Math.max(0, trace.size() - 400), trace.size())),
          e);
    }
  }
}
