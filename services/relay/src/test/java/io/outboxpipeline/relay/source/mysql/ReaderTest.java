package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much a relay asks, and what it does about another table, with a model of the table. */
final class ReaderTest {
  private static final long MILLI = 1_000_000;
  private static final Limits.Request REQUEST = new Limits.Request(10, 3000, 4000, 100);
  private static final Grant LOWER = new Grant(0, new SlotRange(0, 7), 1);

  private long clock = 1;
  private final ModelTable table = new ModelTable(1, () -> clock += MILLI / 10);

  /** A row that is passed over takes a microsecond. */
  private final ModelRelay relay =
      new ModelRelay(
          () -> clock + 1000 * table.rowsPassed, Duration.ofMinutes(1).toNanos(), _ -> {});

  private final List<String> sent = new ArrayList<>();

  private static Aggregate in(SlotRange slots, int number) {
    return IntStream.iterate(0, n -> n + 1)
        .mapToObj(n -> new Aggregate("test", "a" + n))
        .filter(a -> slots.contains(a.slot()))
        .skip(number)
        .findFirst()
        .orElseThrow();
  }

  private void put(long id, Aggregate aggregate, long sequence, String eventId, boolean flaw) {
    table.rows.put(id, new ModelTable.Row(id, aggregate, sequence, eventId, 10, flaw));
    table.nextId = Math.max(table.nextId, id + 1);
  }

  /** Lets the relay work for a time, a round each 20 ms, with an SQS that takes everything. */
  private void work(Duration time) throws SQLException, InterruptedException {
    for (long until = clock + time.toNanos(); clock < until; clock += MILLI * 20) {
      relay.round(table);
      for (Message m : relay.backlog.take(clock, 0, REQUEST)) {
        m.events().forEach(e -> sent.add(e.eventId()));
        relay.backlog.acknowledged(m);
      }
      List<Done> done = relay.deletes.take(1000, 1, 0, 0);
      done.forEach(d -> table.rows.remove(d.id()));
      relay.commands.deleted(done);
      relay.deletes.deleted(done);
    }
  }

  @Test
  void what_is_asked_depends_on_rows_and_not_on_their_ids() throws Exception {
    long first = 1L << 40;
    put(first, in(LOWER.slots(), 0), 1, "poison", true);
    for (int i = 0; i < 50; i++) {
      put(first + 7L * (i + 1), in(LOWER.slots(), i % 10), 1 + i / 10 + 1, "e" + i, false);
    }
    relay.own(LOWER);
    work(Duration.ofSeconds(3));
    assertThat(sent).hasSizeGreaterThanOrEqualTo(45).doesNotContain("poison");
    work(Duration.ofMinutes(3));
    // 3 minutes of a round each 20 ms, with two sweeps.
    assertThat(table.queries).isLessThan(40_000);
  }

  @Test
  void rows_of_slots_that_others_own_are_passed_over_once() throws Exception {
    SlotRange others = new SlotRange(128, 255);
    Aggregate other = in(others, 0);
    int rows = 5_000;
    for (int i = 1; i <= rows; i++) {
      put(i, other, i, "o" + i, false);
    }
    relay.own(LOWER);
    work(Duration.ofSeconds(2));
    long before = table.rowsPassed;
    work(Duration.ofSeconds(20));
    assertThat(table.rowsPassed - before).isLessThan(3L * rows);
    put(rows + 1, in(LOWER.slots(), 0), 1, "mine", false);
    work(Duration.ofMillis(100));
    assertThat(sent).containsExactly("mine");
  }

  @Test
  void ids_that_begin_lower_again_are_read_within_two_seconds() throws Exception {
    relay.own(LOWER);
    for (int i = 1; i <= 100; i++) {
      put(1000 + i, in(LOWER.slots(), i), 1, "old" + i, false);
    }
    work(Duration.ofMinutes(2));
    assertThat(table.rows).isEmpty();
    assertThat(relay.wentBack).isZero();
    table.nextId = 1;
    put(1, in(LOWER.slots(), 0), 1, "new", false);
    work(Duration.ofSeconds(2));
    assertThat(sent).endsWith("new");
    assertThat(relay.wentBack).as("told once, for whoever must mend the counters").isEqualTo(1);
  }

  /** Its old event was acknowledged and not deleted when the table was emptied. */
  @Test
  void an_id_that_is_used_again_is_another_event() throws Exception {
    relay.own(LOWER);
    Aggregate aggregate = in(LOWER.slots(), 0);
    put(5, aggregate, 1, "old", false);
    work(Duration.ofMillis(500));
    assertThat(sent).containsExactly("old");
    put(6, aggregate, 2, "older", false);
    relay.round(table);
    relay.backlog.take(clock, 0, REQUEST).forEach(relay.backlog::acknowledged);
    List<Done> late = relay.deletes.take(10, 1, 0, 0);
    assertThat(late).hasSize(1);
    table.rows.clear();
    table.nextId = 1;
    put(6, aggregate, 3, "new", false);
    relay.reader.connected();
    table.server = "b";
    work(Duration.ofSeconds(2));
    assertThat(sent).containsExactly("old", "new");
  }

  @Test
  void another_server_with_the_same_ids_is_read_from_its_start() throws Exception {
    relay.own(LOWER);
    put(500, in(LOWER.slots(), 0), 1, "a", false);
    work(Duration.ofMinutes(2));
    table.server = "b";
    put(400, in(LOWER.slots(), 1), 1, "b", false);
    relay.reader.connected();
    work(Duration.ofMillis(500));
    assertThat(sent).containsExactly("a", "b");
    assertThat(relay.wentBack).isZero();
  }
}
