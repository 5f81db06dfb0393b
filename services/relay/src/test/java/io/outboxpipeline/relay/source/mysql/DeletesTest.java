package io.outboxpipeline.relay.source.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.source.Sent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeletesTest {
  private static final Grant GRANT = new Grant(3, new SlotRange(0, 255), 7);

  private final List<Grant> drained = new ArrayList<>();
  private final Deletes deletes = new Deletes(drained::add);

  private static Sent sent(Grant grant) {
    var row = new ModelTable.Row(1, new Aggregate("test", "a"), 1, "e1", 10, false);
    return new Sent(
        grant.partition(), grant.epoch(), List.of(ModelTable.event(row, grant.epoch())));
  }

  private List<Done> take() throws InterruptedException {
    return deletes.take(10, 1, 0, 0);
  }

  @Test
  void a_grant_is_drained_when_its_last_row_is_deleted() throws InterruptedException {
    deletes.add(sent(GRANT));
    deletes.finish(GRANT);
    assertThat(drained).isEmpty();
    deletes.deleted(take());
    assertThat(drained).containsExactly(GRANT);
    assertThat(deletes.size()).isZero();
  }

  @Test
  void a_grant_without_rows_is_drained_at_once() {
    deletes.finish(GRANT);
    assertThat(drained).containsExactly(GRANT);
  }

  /** As while the database is away: the next owner sends them again. */
  @Test
  void rows_that_cannot_be_deleted_keep_no_drain_waiting_once_they_are_given_up()
      throws InterruptedException {
    deletes.add(sent(GRANT));
    List<Done> underWay = take();
    deletes.add(sent(GRANT));
    deletes.finish(GRANT);
    assertThat(drained).isEmpty();

    deletes.giveUp(GRANT);

    assertThat(drained).containsExactly(GRANT);
    assertThat(deletes.size()).isZero();
    assertThat(take()).isEmpty();
    assertThat(deletes.withoutGivenUp(underWay)).isEmpty();
    deletes.deleted(underWay);
    assertThat(deletes.size()).isZero();
  }

  @Test
  void a_grant_that_was_given_up_before_its_last_answer_is_drained_with_it() {
    deletes.add(sent(GRANT));
    deletes.giveUp(GRANT);
    deletes.add(sent(GRANT));
    assertThat(drained).isEmpty();
    deletes.finish(GRANT);
    assertThat(drained).containsExactly(GRANT);
  }

  @Test
  void what_is_given_up_is_of_one_grant_alone() throws InterruptedException {
    var next = new Grant(3, GRANT.slots(), 8);
    deletes.add(sent(GRANT));
    deletes.add(sent(next));
    deletes.giveUp(GRANT);
    assertThat(take()).extracting(Done::epoch).containsExactly(8L);
  }
}
