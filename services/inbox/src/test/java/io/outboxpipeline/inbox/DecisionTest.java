package io.outboxpipeline.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Draw;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

final class DecisionTest {
  private static final Chain CHAIN = Deliveries.chain("alice");

  /** Batches of numbers that, all together, have each number from 1 on at least once. */
  private static List<List<Long>> deliveries(RandomGenerator random) {
    long last = Draw.number(random, 1, 25);
    var all = new ArrayList<>(Deliveries.numbers(1, last));
    for (int repeated = Draw.number(random, 0, 30); repeated > 0; repeated--) {
      all.add(Draw.number(random, 1, last));
    }
    Collections.shuffle(all, random);
    List<List<Long>> batches = new ArrayList<>();
    for (int from = 0; from < all.size(); ) {
      int to = Math.min(all.size(), from + Draw.number(random, 1, 6));
      batches.add(List.copyOf(all.subList(from, to)));
      from = to;
    }
    return batches;
  }

  @ParameterizedTest
  @SeedSource(ci = 200, full = 1_000)
  void any_order_with_any_duplicates_in_any_batches_gives_each_number_once_and_in_order(Seeds seeds)
      throws InterruptedException {
    seeds.forEach(random -> eachNumberIsAppliedOnceAndInOrder(deliveries(random)));
  }

  private static void eachNumberIsAppliedOnceAndInOrder(List<List<Long>> batches) {
    long last = 0;
    var parked = new TreeMap<Long, Event>();
    List<Long> applied = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    for (List<Long> batch : batches) {
      var arrived = new TreeMap<Long, Event>();
      batch.forEach(n -> arrived.put(n, Deliveries.event(CHAIN, n).event()));
      Decision decision = Decision.of(last, arrived, parked, e -> false);
      last = decision.last();
      decision.run().forEach(e -> applied.add(e.sequence()));
      parked.putAll(arrived);
      parked.headMap(last, true).clear();
      seen.addAll(batch);
      assertThat(seen).as("nothing waits longer than it must").doesNotContain(last + 1);
    }
    assertThat(applied).isEqualTo(Deliveries.numbers(1, last));
    assertThat(last).isEqualTo(seen.stream().mapToLong(n -> n).max().orElseThrow());
    assertThat(parked).isEmpty();
  }

  @Test
  void a_rejected_event_ends_the_run_before_it() {
    var arrived = new TreeMap<Long, Event>();
    Deliveries.events(CHAIN, 1, 4).forEach(r -> arrived.put(r.event().sequence(), r.event()));
    Decision decision = Decision.of(0, arrived, new TreeMap<>(), e -> e.sequence() >= 3);
    assertThat(decision.run()).extracting(Event::sequence).containsExactly(1L, 2L);
    assertThat(decision.last()).isEqualTo(2);
    assertThat(decision.refused()).get().extracting(Event::sequence).isEqualTo(3L);
  }
}
