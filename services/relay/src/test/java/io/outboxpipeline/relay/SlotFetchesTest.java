package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.relay.Backlog.SlotFetch;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How much is read of each slot. */
final class SlotFetchesTest {
  private static final int FETCH_ROWS = Limits.DEFAULT.fetchRows();
  private static final int MOST = Limits.DEFAULT.slotRows() / 2;

  private final Backlog backlog = new Backlog(Limits.DEFAULT, _ -> {});

  /** Every slot has more rows than the first reads took, one in 256 ids. */
  @BeforeEach
  void readALittleOfEach() {
    backlog.own(Rows.ALL, List.of());
    backlog.beginRead();
    while (true) {
      List<SlotFetch> first = backlog.slotFetches(0).stream().filter(f -> f.after() == 0).toList();
      if (first.isEmpty()) {
        return;
      }
      first.forEach(f -> backlog.addSlot(f, rows(f.slot(), f.limit()), false));
    }
  }

  private List<Row> rows(int slot, int count) {
    int aggregate = aggregateIn(slot);
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> Rows.row(aggregate, id(slot, i), i, 10, null))
        .toList();
  }

  private static int aggregateIn(int slot) {
    return IntStream.iterate(0, n -> n + 1)
        .filter(n -> Rows.aggregate(n).slot() == slot)
        .findFirst()
        .orElseThrow();
  }

  private static long id(int slot, int row) {
    return slot + (long) Slots.COUNT * row;
  }

  /** Every slot was read through, and has rows again. */
  private void readThroughAndFallBehind() {
    while (true) {
      List<SlotFetch> rest = backlog.slotFetches(0);
      if (rest.isEmpty()) {
        break;
      }
      rest.forEach(f -> backlog.addSlot(f, List.of(), true));
    }
    backlog.allBehind();
  }

  @Test
  void a_slot_that_is_likely_to_have_few_rows_is_read_through_at_once() {
    readThroughAndFallBehind();

    assertThat(backlog.slotFetches(id(0, 16 + 40)))
        .hasSizeGreaterThan(FETCH_ROWS / 64)
        .allMatch(f -> f.limit() > 40);
  }

  @Test
  void of_slots_that_are_likely_to_have_many_rows_each_is_read_a_little_first() {
    readThroughAndFallBehind();

    assertThat(backlog.slotFetches(id(0, 1000))).hasSize(Slots.COUNT).allMatch(f -> f.limit() < 16);
  }

  @Test
  void where_many_rows_are_left_of_each_slot_a_read_is_of_few() {
    assertThat(backlog.slotFetches(id(0, 1000)))
        .hasSize(FETCH_ROWS / MOST)
        .allMatch(f -> f.limit() == MOST);
  }

  @Test
  void where_few_rows_are_left_of_each_slot_a_read_is_of_many() {
    assertThat(backlog.slotFetches(id(0, 16 + 20)))
        .hasSizeGreaterThan(FETCH_ROWS / 64)
        .allMatch(f -> f.limit() > 20);
  }

  @Test
  void a_few_rows_that_were_written_at_once_do_not_tell_how_many_are_left() {
    readThroughAndFallBehind();
    int aggregate = aggregateIn(0);
    SlotFetch first =
        backlog.slotFetches(id(0, 1000)).stream()
            .filter(f -> f.slot() == 0)
            .findFirst()
            .orElseThrow();

    backlog.addSlot(
        first,
        IntStream.rangeClosed(1, first.limit())
            .mapToObj(i -> Rows.row(aggregate, id(0, 16) + i, 16 + i, 10, null))
            .toList(),
        false);

    assertThat(backlog.slotFetches(id(0, 16 + 20)))
        .filteredOn(f -> f.slot() == 0)
        .allMatch(f -> f.limit() < 100)
        .hasSize(1);
  }

  @Test
  void before_a_slot_was_read_it_is_taken_for_one_of_many_that_have_as_much() {
    var unread = new Backlog(Limits.DEFAULT, _ -> {});
    unread.own(Rows.ALL, List.of());
    unread.beginRead();

    assertThat(unread.slotFetches(id(0, 1000))).hasSize(Slots.COUNT).allMatch(f -> f.limit() < 16);
  }
}
