package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random schedules of the protocol; the rules are listed at {@link Simulation}.
 *
 * <p>{@code -Downership.simulation.seed=S} replays one schedule and tells its story, {@code
 * -Downership.simulation.schedules=N} runs another number of them, {@code
 * -Downership.simulation.from=S} other ones.
 */
final class SimulationTest {

  @Test
  void random_schedules_keep_every_rule_and_come_right_in_the_end() {
    Long only = Long.getLong("ownership.simulation.seed");
    if (only != null) {
      System.out.println(new Simulation(only, true).run());
      return;
    }
    long schedules = Long.getLong("ownership.simulation.schedules", 20_000);
    long from = Long.getLong("ownership.simulation.from", 1);
    var counts = new AtomicLong();
    Simulation.Counts sum =
        LongStream.range(from, from + schedules)
            .mapToObj(SimulationTest::run)
            .peek(c -> counts.incrementAndGet())
            .reduce(new Simulation.Counts(0, 0, 0, 0, 0, 0, 0), Simulation.Counts::plus);
    System.out.println(counts + " schedules: " + sum);
    assertThat(sum.fencedOut()).as("deletes that the fence refused").isPositive();
    assertThat(sum.seized()).as("members that were seized").isPositive();
    assertThat(sum.drained()).as("planned moves").isPositive();
    assertThat(sum.laid()).as("changes of the number of partitions").isPositive();
    assertThat(sum.assigned()).as("targets that an operator wrote").isPositive();
  }

  private static Simulation.Counts run(long seed) {
    try {
      return new Simulation(seed, false).run();
    } catch (AssertionError e) {
      System.out.println("replay with -Downership.simulation.seed=" + seed);
      return new Simulation(seed, true).run();
    }
  }
}
