package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.relay.source.mysql.ReadPlan.Behind;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much is read of each slot. */
final class ReadPlanTest {
  private static final int ROOM = 2048;
  private static final int MOST = 512;

  private final ReadPlan plan = new ReadPlan();

  private static List<Behind> allSlots(boolean deep, double likely) {
    return IntStream.range(0, Slots.COUNT)
        .mapToObj(n -> new Behind(n, 7, deep, likely, MOST))
        .toList();
  }

  @Test
  void a_slot_that_is_likely_to_have_few_rows_is_read_through_at_once() {
    assertThat(plan.of(allSlots(false, 40), ROOM))
        .hasSizeGreaterThan(ROOM / 64)
        .allMatch(r -> r.limit() > 40);
  }

  @Test
  void of_slots_that_are_likely_to_have_many_rows_each_is_read_a_little_first() {
    assertThat(plan.of(allSlots(false, 1000), ROOM))
        .hasSize(Slots.COUNT)
        .allMatch(r -> r.limit() < 16);
  }

  @Test
  void where_many_rows_are_left_of_each_slot_a_read_is_of_few() {
    assertThat(plan.of(allSlots(true, 1000), ROOM))
        .hasSize(ROOM / MOST)
        .allMatch(r -> r.limit() == MOST);
  }

  @Test
  void where_few_rows_are_left_of_each_slot_a_read_is_of_many() {
    assertThat(plan.of(allSlots(true, 20), ROOM))
        .hasSizeGreaterThan(ROOM / 64)
        .allMatch(r -> r.limit() > 20);
  }

  @Test
  void each_slot_has_its_turn() {
    var slots = IntStream.empty();
    for (int i = 0; i < 2 * Slots.COUNT * MOST / ROOM; i++) {
      slots =
          IntStream.concat(
              slots, plan.of(allSlots(true, 1000), ROOM).stream().mapToInt(SlotRead::slot));
    }
    assertThat(slots.boxed().distinct()).hasSize(Slots.COUNT);
  }

  @Test
  void where_there_is_no_room_nothing_is_read() {
    assertThat(plan.of(allSlots(false, 1), 0)).isEmpty();
    assertThat(plan.of(List.of(new Behind(1, 0, false, 1, 0)), ROOM)).isEmpty();
  }
}
