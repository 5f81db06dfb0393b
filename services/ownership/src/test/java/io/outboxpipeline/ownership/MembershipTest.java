package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Input.Answer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Rules of one member that random schedules can't pin down to the moment. */
final class MembershipTest {

  private static final long MS = 1_000_000;
  private static final MemberId SELF = new MemberId("a");
  private static final MemberId OTHER = new MemberId("b");

  private final MemoryLeaseStore store = new MemoryLeaseStore();
  private final MemoryFence fence = new MemoryFence(2);
  private final List<Command> done = new ArrayList<>();
  private long nanos = 1_000;
  private long wallMillis;
  private Predicate<Op> lost = op -> false;
  private Predicate<Op> answerLost = op -> false;
  private Runnable beforeLay = () -> {};
  private final List<Boolean> cuts = new ArrayList<>();
  private boolean otherBeats;
  private int otherPartitions = 2;
  private final Membership membership =
      new Membership(SELF, "one", LeaseTiming.DEFAULT, Duration.ofMillis(50), moment());

  @Test
  void alone_it_takes_everything() {
    pass(1_000);

    assertThat(started()).containsExactly(grant(0, 1), grant(1, 1));
    assertThat(membership.status(nanos).state()).isEqualTo(OwnershipStatus.State.ACTIVE);
    assertThat(membership.status(nanos).owned()).containsExactly(grant(0, 1), grant(1, 1));
  }

  @Test
  void it_may_send_until_the_renew_deadline_after_its_last_renewal() {
    pass(1_000);
    lost = op -> true;
    pass(8_999);
    assertThat(membership.maySend(moment())).isTrue();
    pass(2);
    assertThat(membership.maySend(moment())).isFalse();

    lost = op -> false;
    pass(5_000);
    assertThat(membership.maySend(moment())).isTrue();
    assertThat(membership.status(nanos).owned()).hasSize(2);
  }

  @Test
  void a_renewal_whose_answer_was_lost_counts_from_when_it_was_sent() {
    pass(1_000);
    answerLost = op -> op instanceof Op.WriteHeartbeat;
    pass(60_000);

    assertThat(membership.maySend(moment())).isTrue();
    assertThat(abandoned()).isEmpty();
  }

  @Test
  void a_wall_clock_far_ahead_of_the_other_fences_until_a_later_renewal() {
    pass(1_000);
    lost = op -> true;
    wallMillis += 5_100;
    assertThat(membership.maySend(moment())).isFalse();
    pass(1);
    assertThat(membership.maySend(moment())).isFalse();

    lost = op -> false;
    pass(6_500);
    assertThat(membership.maySend(moment())).isTrue();
    assertThat(abandoned()).isEmpty();
  }

  @Test
  void a_target_has_a_whole_retry_period_to_see_it_before_the_owner_stops() {
    aTargetIsNamedAndTheOwnerStops();
  }

  private void aTargetIsNamedAndTheOwnerStops() {
    pass(1_000);
    otherJoins();
    pass(2_000);
    assertThat(lease(1).target()).contains(OTHER);
    assertThat(drained()).isEmpty();
    pass(2_500);
    assertThat(drained()).containsExactly(grant(1, 1));
    assertThat(lease(1).heldBy(SELF)).isTrue();

    step(new Input.Drained(grant(1, 1)));
    assertThat(lease(1).holder()).isEmpty();
    assertThat(lease(1).target()).contains(OTHER);
  }

  @Test
  void a_partition_whose_target_never_takes_it_is_taken_after_a_whole_lease() {
    aTargetIsNamedAndTheOwnerStops();
    done.clear();
    pass(14_500);
    assertThat(started()).isEmpty();
    pass(2_600);
    assertThat(started()).containsExactly(grant(1, 2));
  }

  @Test
  void a_target_named_by_somebody_else_is_honoured() {
    pass(1_000);
    otherJoins();
    store.write(lease(0).to(Optional.of(OTHER)));
    pass(5_000);
    assertThat(drained()).containsExactly(grant(0, 1));
  }

  @Test
  void while_it_waits_for_a_partition_it_reads_the_leases_every_50_ms() {
    otherJoins();
    store.write(new PartitionLease(0, Optional.of(OTHER), Optional.of(SELF), 7, Version.NONE));
    store.write(new PartitionLease(1, Optional.of(OTHER), Optional.empty(), 7, Version.NONE));
    pass(1_000);
    assertThat(snapshots()).isBetween(18L, 22L);

    store.write(lease(0).released());
    pass(60);
    assertThat(started()).containsExactly(grant(0, 8));
    done.clear();
    pass(10_000);
    assertThat(snapshots()).isBetween(4L, 6L);
  }

  @Test
  void a_vanished_lease_is_put_back_without_a_new_epoch() {
    pass(1_000);
    store.delete(lease(1));
    pass(2_100);
    assertThat(lease(1).heldBy(SELF)).isTrue();
    assertThat(lease(1).epoch()).isEqualTo(1);
    assertThat(abandoned()).isEmpty();
  }

  @Test
  void a_partition_whose_lease_names_another_is_abandoned() {
    pass(1_000);
    otherJoins();
    store.write(lease(1).claimedBy(OTHER, 2));
    pass(2_100);
    assertThat(abandoned()).containsExactly(grant(1, 1));
  }

  @Test
  void leases_that_start_over_end_above_the_epoch_of_the_fence() {
    fence.set(0, 41);
    pass(1_000);
    assertThat(started()).containsExactlyInAnyOrder(grant(0, 42), grant(1, 1));
    assertThat(lease(0).epoch()).isEqualTo(42);
  }

  @Test
  void one_that_was_fenced_out_comes_back_with_a_higher_epoch_only() {
    pass(1_000);
    fence.set(0, 9);
    step(new Input.FencedOut(grant(0, 1)));
    assertThat(abandoned()).containsExactly(grant(0, 1));
    pass(100);
    assertThat(started()).last().isEqualTo(grant(0, 10));
  }

  @Test
  void one_that_was_seized_abandons_everything_and_joins_again() {
    pass(1_000);
    store.write(beat().in(State.SEIZED));
    pass(2_100);
    assertThat(abandoned()).containsExactly(grant(0, 1), grant(1, 1));
    pass(2_100);
    assertThat(started()).endsWith(grant(0, 2), grant(1, 2));
    assertThat(beat().state()).isEqualTo(State.LIVE);
  }

  @Test
  void a_new_process_of_the_same_member_takes_its_partitions_back_at_once() {
    store.write(new Heartbeat(SELF, "zero", 9, State.LIVE, 2, Report.NONE, Version.NONE));
    store.write(new PartitionLease(0, Optional.of(SELF), Optional.empty(), 7, Version.NONE));
    fence.set(0, 7);
    pass(100);
    assertThat(started()).contains(grant(0, 8));
  }

  @Test
  void an_old_process_that_finds_a_newer_one_ends_superseded() {
    pass(1_000);
    Heartbeat own = beat();
    store.write(new Heartbeat(SELF, "two", 1, State.LIVE, 2, Report.NONE, own.version()));
    pass(2_100);
    assertThat(abandoned()).containsExactly(grant(0, 1), grant(1, 1));
    assertThat(done).last().isEqualTo(new Command.Finish(Ending.SUPERSEDED));
    assertThat(beat().incarnation()).isEqualTo("two");
  }

  @Test
  void who_leaves_names_targets_drains_releases_and_deletes_its_heartbeat_last() {
    pass(1_000);
    otherJoins();
    pass(1);
    step(new Input.Leave(500 * MS));
    pass(490);
    assertThat(beat().state()).isEqualTo(State.LEAVING);
    assertThat(lease(0).target()).contains(OTHER);
    assertThat(drained()).isEmpty();
    pass(30);
    assertThat(drained()).containsExactlyInAnyOrder(grant(0, 1), grant(1, 1));

    step(new Input.Drained(grant(0, 1)));
    pass(5_000);
    assertThat(store.heartbeat(SELF)).isPresent();
    step(new Input.Drained(grant(1, 1)));
    pass(100);
    assertThat(store.heartbeat(SELF)).isEmpty();
    assertThat(lease(0).holder()).isEmpty();
    assertThat(lease(1).holder()).isEmpty();
    assertThat(done).last().isEqualTo(new Command.Finish(Ending.LEFT));
  }

  @Test
  void a_leaver_whose_release_was_lost_releases_again_before_it_goes() {
    pass(1_000);
    step(new Input.Leave(500 * MS));
    pass(10);
    lost = op -> op instanceof Op.WriteLease;
    step(new Input.Drained(grant(0, 1)));
    step(new Input.Drained(grant(1, 1)));
    pass(1_000);
    assertThat(store.heartbeat(SELF)).isPresent();

    lost = op -> false;
    pass(3_000);
    assertThat(lease(0).holder()).isEmpty();
    assertThat(lease(1).holder()).isEmpty();
    assertThat(done).last().isEqualTo(new Command.Finish(Ending.LEFT));
  }

  @Test
  void one_that_leaves_before_it_joined_leaves_nothing_behind() {
    answerLost = op -> op instanceof Op.WriteHeartbeat;
    lost = op -> op instanceof Op.ReadHeartbeat && store.heartbeat(SELF).isPresent();
    pass(1);
    assertThat(membership.status(nanos).state()).isEqualTo(OwnershipStatus.State.JOINING);
    step(new Input.Leave(500 * MS));
    answerLost = op -> false;
    lost = op -> false;
    pass(10_000);
    assertThat(store.heartbeat(SELF)).isEmpty();
    assertThat(done).last().isEqualTo(new Command.Finish(Ending.LEFT));
  }

  @Test
  void a_store_that_can_be_read_but_not_written_is_asked_at_a_moderate_pace() {
    pass(1_000);
    otherJoins();
    lost = op -> !(op instanceof Op.ReadSnapshot || op instanceof Op.ReadHeartbeat);
    done.clear();
    pass(9_000);
    step(new Input.Leave(500 * MS));
    pass(9_000);
    assertThat(done.stream().filter(c -> c instanceof Command.Call).count()).isLessThan(120);
  }

  @Test
  void a_fence_that_was_cut_anew_makes_it_abandon_everything_and_follow() {
    pass(1_000);
    fence.lay(fence.layout(), 3);
    pass(2_100);
    assertThat(abandoned()).containsExactly(grant(0, 1), grant(1, 1));
    pass(500);
    assertThat(membership.status(nanos).partitions()).isEqualTo(3);
    assertThat(membership.status(nanos).owned()).hasSize(3);
  }

  @Test
  void nothing_is_claimed_before_it_is_stored_that_the_member_works_with_these_partitions() {
    answerLost = op -> op instanceof Op.WriteHeartbeat(Heartbeat h) && h.partitions() > 0;
    lost = op -> op instanceof Op.ReadHeartbeat && store.heartbeat(SELF).isPresent();
    pass(9_000);
    assertThat(membership.status(nanos).partitions()).isEqualTo(2);
    assertThat(started()).isEmpty();
    answerLost = op -> false;
    lost = op -> false;
    pass(5_000);
    assertThat(started()).hasSize(2);
  }

  @Test
  void when_another_number_is_wanted_it_drains_at_once_and_waits_for_all_others_to_have_drained() {
    pass(1_000);
    otherJoins();
    WantedPartitions.set(store, 3);
    pass(2_100);
    assertThat(drained()).containsExactly(grant(0, 1), grant(1, 1));
    step(new Input.Drained(grant(0, 1)));
    pass(500);
    assertThat(beat().partitions()).isEqualTo(2);
    step(new Input.Drained(grant(1, 1)));
    pass(500);
    assertThat(beat().partitions()).isZero();
    assertThat(membership.status(nanos).state()).isEqualTo(OwnershipStatus.State.WAITING);
    pass(30_000);
    assertThat(fence.partitions()).as("the other one may still send").isEqualTo(2);

    otherPartitions = 0;
    pass(2_500);
    assertThat(fence.partitions()).isEqualTo(3);
    assertThat(fence.epoch(0)).isGreaterThan(1);
    pass(6_000);
    assertThat(membership.status(nanos).owned()).hasSize(3);
  }

  @Test
  void the_fence_is_not_cut_anew_under_a_holder_that_is_silent_until_it_is_seized() {
    pass(1_000);
    store.write(new Heartbeat(OTHER, "x", 1, State.LIVE, 2, Report.NONE, Version.NONE));
    store.write(lease(0).claimedBy(OTHER, 2));
    pass(2_100);
    WantedPartitions.set(store, 3);
    pass(2_100);
    step(new Input.Drained(grant(1, 1)));
    pass(10_000);
    assertThat(fence.partitions()).isEqualTo(2);
    pass(5_000);
    assertThat(fence.partitions()).isEqualTo(3);
    assertThat(store.heartbeat(OTHER).map(Heartbeat::state)).isNotEqualTo(Optional.of(State.LIVE));
  }

  @Test
  void a_cut_that_was_decided_on_before_somebody_claimed_does_nothing() {
    pass(1_000);
    beforeLay =
        () -> {
          assertThat(fence.raise(OTHER, grant(0, 9))).isEqualTo(new RaiseOutcome.Raised());
          beforeLay = () -> {};
        };
    WantedPartitions.set(store, 3);
    pass(2_100);
    step(new Input.Drained(grant(0, 1)));
    step(new Input.Drained(grant(1, 1)));
    pass(3_000);
    assertThat(cuts).containsExactly(false, true);
    assertThat(fence.epoch(0)).isGreaterThan(9);
  }

  @Test
  void leases_beyond_a_smaller_number_are_deleted() {
    pass(1_000);
    WantedPartitions.set(store, 1);
    pass(2_100);
    step(new Input.Drained(grant(0, 1)));
    step(new Input.Drained(grant(1, 1)));
    pass(5_000);
    assertThat(store.snapshot().leases()).hasSize(1);
    assertThat(membership.status(nanos).owned()).hasSize(1);
  }

  @Test
  void partitions_that_move_together_stop_one_after_the_other() {
    pass(1_000);
    otherJoins();
    step(new Input.Leave(10_000 * MS));
    pass(2_490);
    assertThat(drained()).isEmpty();
    pass(40);
    assertThat(drained()).containsExactly(grant(0, 1));
    pass(60);
    assertThat(drained()).containsExactly(grant(0, 1), grant(1, 1));
  }

  @Test
  void who_can_t_reach_the_fence_says_so_and_gives_up_only_for_somebody_who_can() {
    pass(1_000);
    lost = op -> op instanceof Op.ReadLayout;
    pass(11_000);
    assertThat(beat().state()).isEqualTo(State.UNABLE);
    pass(30_000);
    assertThat(drained()).as("alone, it keeps what it has").isEmpty();
    assertThat(membership.maySend(moment())).isTrue();

    otherJoins();
    pass(2_100);
    assertThat(drained()).hasSize(2);
    step(new Input.Drained(grant(0, 1)));
    step(new Input.Drained(grant(1, 1)));
    pass(2_100);
    assertThat(beat().partitions()).isZero();

    lost = op -> false;
    pass(2_500);
    assertThat(beat().state()).isEqualTo(State.LIVE);
    assertThat(beat().partitions()).isEqualTo(2);
  }

  // ---- the member's surroundings

  private Moment moment() {
    return new Moment(nanos, wallMillis + nanos / MS);
  }

  private static Grant grant(int partition, long epoch) {
    return new Grant(partition, Partitions.range(partition, 2), epoch);
  }

  private PartitionLease lease(int partition) {
    return store.lease(partition).orElseThrow();
  }

  private Heartbeat beat() {
    return store.heartbeat(SELF).orElseThrow();
  }

  private void otherJoins() {
    store.write(
        new Heartbeat(OTHER, "x", 1, State.LIVE, otherPartitions, Report.NONE, Version.NONE));
    otherBeats = true;
  }

  private void pass(long millis) {
    long end = nanos + Duration.ofMillis(millis).toNanos();
    while (nanos < end && membership.ending().isEmpty()) {
      nanos = Math.min(end, Math.max(membership.wakeAt(), nanos + 1));
      if (otherBeats) {
        Heartbeat h = store.heartbeat(OTHER).orElseThrow();
        store.write(
            new Heartbeat(
                OTHER,
                "x",
                h.renewals() + 1,
                State.LIVE,
                otherPartitions,
                Report.NONE,
                h.version()));
      }
      step(new Input.Tick());
    }
  }

  private void step(Input first) {
    var events = new ArrayDeque<Input>();
    for (Input event = first; event != null; event = events.poll()) {
      for (Command command : membership.step(event, moment())) {
        done.add(command);
        if (command instanceof Command.Call(long id, Op op)) {
          Answer answer = lost.test(op) ? new Answer.Unknown() : perform(op);
          events.add(new Input.Answered(id, answerLost.test(op) ? new Answer.Unknown() : answer));
        }
      }
    }
  }

  private Answer perform(Op op) {
    return switch (op) {
      case Op.ReadSnapshot() -> new Answer.Read(store.snapshot());
      case Op.ReadHeartbeat(MemberId member) -> new Answer.Found(store.heartbeat(member));
      case Op.WriteHeartbeat(Heartbeat next) -> new Answer.Cas(store.write(next));
      case Op.DeleteHeartbeat(Heartbeat stored) -> new Answer.Cas(store.delete(stored));
      case Op.WriteLease(PartitionLease next) -> new Answer.Cas(store.write(next));
      case Op.DeleteLease(PartitionLease stored) -> new Answer.Cas(store.delete(stored));
      case Op.ReadLayout() -> new Answer.Cut(fence.layout());
      case Op.LayFence(Layout seen, int partitions) -> laid(seen, partitions);
      case Op.RaiseFence(MemberId owner, Grant grant) ->
          new Answer.Raise(fence.raise(owner, grant));
    };
  }

  private Answer laid(Layout seen, int partitions) {
    beforeLay.run();
    boolean done = fence.lay(seen, partitions);
    cuts.add(done);
    return new Answer.Laid(done);
  }

  private List<Grant> started() {
    return done.stream()
        .flatMap(c -> c instanceof Command.StartWork(Grant g) ? List.of(g).stream() : null)
        .toList();
  }

  private List<Grant> drained() {
    return done.stream()
        .flatMap(c -> c instanceof Command.DrainWork(Grant g) ? List.of(g).stream() : null)
        .toList();
  }

  private List<Grant> abandoned() {
    return done.stream()
        .flatMap(c -> c instanceof Command.AbandonWork(Grant g) ? List.of(g).stream() : null)
        .toList();
  }

  private long snapshots() {
    return done.stream()
        .filter(c -> c instanceof Command.Call(_, Op op) && op instanceof Op.ReadSnapshot)
        .count();
  }
}
