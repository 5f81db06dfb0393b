package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PartitionsTest {

  @Test
  void the_ranges_of_all_partitions_follow_each_other_over_all_slots() {
    for (int partitions = 1; partitions <= 256; partitions++) {
      theRangesFollowEachOther(partitions);
    }
  }

  private static void theRangesFollowEachOther(int partitions) {
    int next = 0;
    int smallest = 256;
    int largest = 0;
    for (int p = 0; p < partitions; p++) {
      SlotRange range = Partitions.range(p, partitions);
      assertThat(range.first()).isEqualTo(next);
      assertThat(range.contains(range.first())).isTrue();
      assertThat(range.contains(range.last())).isTrue();
      assertThat(range.contains(range.last() + 1)).isFalse();
      next = range.last() + 1;
      smallest = Math.min(smallest, range.last() - range.first() + 1);
      largest = Math.max(largest, range.last() - range.first() + 1);
    }
    assertThat(next).as("%s partitions", partitions).isEqualTo(256);
    assertThat(largest - smallest).isLessThanOrEqualTo(1);
  }

  @Test
  void a_partition_outside_of_its_number_is_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Partitions.range(4, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> Partitions.range(-1, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> Partitions.range(0, 257));
    assertThatIllegalArgumentException().isThrownBy(() -> Partitions.range(0, 0));
  }

  @Test
  void times_that_cannot_be_safe_are_refused() {
    Duration s = Duration.ofSeconds(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LeaseTiming(s.multipliedBy(10), s.multipliedBy(10), s));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LeaseTiming(s.multipliedBy(15), s, s));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LeaseTiming(s.multipliedBy(15), s.multipliedBy(10), Duration.ZERO));
  }
}
