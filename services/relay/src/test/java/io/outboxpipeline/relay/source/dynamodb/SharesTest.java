package io.outboxpipeline.relay.source.dynamodb;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SharesTest {
  private final Shares shares = new Shares();

  private static Grant grant(int partition, int first, int last, long epoch) {
    return new Grant(partition, new SlotRange(first, last), epoch);
  }

  private List<IndexRange> slots() {
    return shares.ranges().stream().map(r -> r.slots).toList();
  }

  @Test
  void all_partitions_together_are_asked_for_by_one_query_for_each_part_of_the_index() {
    for (int p = 0; p < 64; p++) {
      shares.add(grant(p, p * 4, p * 4 + 3, 1));
    }
    assertThat(slots()).hasSize(16);
    assertThat(slots()).contains(new IndexRange(0, 0, 15), new IndexRange(15, 240, 255));
    assertThat(requireNonNull(shares.bySlot(5)).grant.partition()).isEqualTo(1);
    assertThat(requireNonNull(shares.bySlot(255)).grant.partition()).isEqualTo(63);
  }

  @Test
  void slots_of_others_between_them_are_not_asked_for() {
    shares.add(grant(0, 0, 3, 1));
    shares.add(grant(2, 8, 11, 1));
    shares.add(grant(3, 12, 19, 1));
    assertThat(slots())
        .containsExactly(
            new IndexRange(0, 0, 3), new IndexRange(0, 8, 15), new IndexRange(1, 16, 19));
    assertThat(shares.bySlot(4)).isNull();
  }

  @Test
  void a_partition_that_stops_is_not_asked_for_and_others_go_on_where_they_were() {
    shares.add(grant(0, 0, 7, 1));
    shares.add(grant(1, 8, 15, 1));
    shares.add(grant(2, 16, 31, 1));
    List<Shares.Range> before = shares.ranges();
    Grant stopped = grant(1, 8, 15, 1);
    shares.stop(requireNonNull(shares.of(stopped)));
    assertThat(slots()).containsExactly(new IndexRange(0, 0, 7), new IndexRange(1, 16, 31));
    assertThat(shares.has(before.getFirst())).as("cut anew").isFalse();
    assertThat(shares.has(before.getLast())).as("as it was").isTrue();
    assertThat(shares.bySlot(9)).isNull();
    assertThat(shares.of(stopped)).as("its items are still taken out").isNotNull();
  }

  @Test
  void an_answer_to_a_question_for_an_earlier_grant_is_not_taken_for_the_next() {
    shares.add(grant(0, 0, 7, 1));
    shares.add(grant(1, 8, 15, 1));
    Shares.Range asked = shares.ranges().getFirst();
    shares.remove(1);
    shares.add(grant(1, 8, 15, 2));
    assertThat(slots()).containsExactly(asked.slots);
    assertThat(shares.has(asked)).isFalse();
    assertThat(requireNonNull(shares.bySlot(8)).grant.epoch()).isEqualTo(2);
  }

  @Test
  void a_new_part_is_due_at_once() {
    shares.add(grant(0, 0, 255, 1));
    assertThat(shares.ranges()).allMatch(r -> r.dueIn(Long.MIN_VALUE) <= 0);
    assertThat(shares.ranges()).allMatch(r -> r.dueIn(Long.MAX_VALUE) <= 0);
  }
}
