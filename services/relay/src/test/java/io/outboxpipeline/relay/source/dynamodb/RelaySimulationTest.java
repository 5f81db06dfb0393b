package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import org.junit.jupiter.params.ParameterizedTest;

/** Random schedules of the data path. A seed that is replayed alone prints what happened. */
final class RelaySimulationTest {
  private static final int STEPS = 150;

  @ParameterizedTest
  @SeedSource(ci = 4_000, full = 200_000)
  void every_event_is_sent_in_order_and_taken_out_only_when_it_was_acknowledged(Seeds seeds)
      throws InterruptedException {
    seeds.forEachSeed(seed -> run(seed, seeds.single()));
  }

  private static void run(long seed, boolean tell) {
    var simulation = new RelaySimulation(seed);
    try {
      for (int i = 0; i < STEPS; i++) {
        simulation.step();
      }
      simulation.settle();
      if (seed % 50 == 0) {
        simulation.rest();
      }
    } catch (AssertionError | RuntimeException e) {
      String happened = tell ? "\n" + String.join("\n", simulation.trace()) : "";
      throw new AssertionError(e.getMessage() + happened, e);
    }
  }
}
