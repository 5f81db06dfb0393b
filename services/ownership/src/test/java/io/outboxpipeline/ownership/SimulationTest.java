package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Random schedules of the protocol; the rules are listed at {@link Simulation}. {@code
 * -Dtest.seed=S} replays one and tells its story.
 */
final class SimulationTest {

  @ParameterizedTest
  @SeedSource(ci = 4_000, full = 20_000)
  void random_schedules_keep_every_rule_and_come_right_in_the_end(Seeds seeds)
      throws InterruptedException {
    List<Simulation.Counts> counts = new ArrayList<>();
    seeds.forEachSeed(seed -> counts.add(run(seed, seeds.single(), Simulation.Size.SMALL)));
    Simulation.Counts sum =
        counts.stream()
            .reduce(new Simulation.Counts(0, 0, 0, 0, 0, 0, 0, 0), Simulation.Counts::plus);
    System.out.println(seeds + ": " + sum);
    if (seeds.single()) {
      return;
    }
    assertThat(sum.fencedOut()).as("deletes that the fence refused").isPositive();
    assertThat(sum.seized()).as("members that were seized").isPositive();
    assertThat(sum.drained()).as("planned moves").isPositive();
    assertThat(sum.laid()).as("changes of the number of partitions").isPositive();
    assertThat(sum.assigned()).as("targets that an operator wrote").isPositive();
    assertThat(sum.brief()).as("brief reads that were believed").isPositive();
  }

  /** With {@code -Dtest.size=full} a hundred pipelines of ten relays each. */
  @ParameterizedTest
  @SeedSource(ci = 24, full = 100)
  void pipelines_of_ten_relays_and_64_partitions_keep_every_rule(Seeds seeds)
      throws InterruptedException {
    seeds.forEachSeed(seed -> run(seed, seeds.single(), Simulation.Size.LARGE));
  }

  private static Simulation.Counts run(long seed, boolean told, Simulation.Size size) {
    try {
      return new Simulation(seed, told, size).run();
    } catch (AssertionError e) {
      // Once more, to fail with the whole story.
      return new Simulation(seed, true, size).run();
    }
  }
}
