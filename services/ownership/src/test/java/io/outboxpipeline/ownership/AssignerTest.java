package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AssignerTest {

  private static final MemberId A = new MemberId("a");
  private static final MemberId B = new MemberId("b");

  private final MemoryLeaseStore store = new MemoryLeaseStore();
  private long nanos = 1_000;
  private final Assigner assigner = new Assigner(LeaseTiming.DEFAULT, () -> nanos);

  @BeforeEach
  void four_partitions() {
    WantedPartitions.set(store, 4);
  }

  @Test
  void a_member_that_joins_is_named_for_its_share_and_for_nothing_more() {
    beat(A, State.LIVE, 4);
    for (int p = 0; p < 4; p++) {
      hold(p, A);
    }
    assertThat(assigner.assign(store).moving()).isZero();
    beat(B, State.LIVE, 4);
    assigner.assign(store);
    assertThat(store.snapshot().leases())
        .filteredOn(l -> l.target().equals(Optional.of(B)))
        .hasSize(2);
    long writes = store.leaseWrites();
    PipelineStatus status = assigner.assign(store);
    assertThat(store.leaseWrites()).as("nothing changed, nothing is written").isEqualTo(writes);
    assertThat(status.moving()).isEqualTo(2);
    assertThat(status.owned()).isEqualTo(4);
  }

  @Test
  void a_partition_that_was_released_gets_a_target() {
    beat(A, State.LIVE, 4);
    store.write(new PartitionLease(2, Optional.empty(), Optional.empty(), 7, Version.NONE));
    PipelineStatus status = assigner.assign(store);
    assertThat(store.lease(2).orElseThrow().target()).contains(A);
    assertThat(status.unowned()).isEqualTo(4);
  }

  @Test
  void what_a_silent_member_holds_is_named_for_others_once_it_is_seized_and_not_before() {
    beat(A, State.LIVE, 4);
    hold(0, A);
    for (int seconds = 0; seconds <= 20; seconds += 2) {
      beat(B, State.LIVE, 4);
      assigner.assign(store);
      nanos += Duration.ofSeconds(2).toNanos();
    }
    assertThat(store.lease(0).orElseThrow().target()).isEmpty();
    assertThat(assigner.assign(store).members().get(A)).isNotNull().matches(m -> !m.alive());
    assertThat(assigner.assign(store).holders()).isEmpty();

    store.write(store.heartbeat(A).orElseThrow().in(State.SEIZED));
    assigner.assign(store);
    assertThat(store.lease(0).orElseThrow().target()).contains(B);
  }

  @Test
  void nothing_is_named_for_who_leaves_can_t_reach_the_database_or_only_waits() {
    beat(A, State.LIVE, 4);
    for (int p = 0; p < 4; p++) {
      hold(p, A);
    }
    for (State state : List.of(State.LEAVING, State.UNABLE)) {
      beat(B, state, 4);
      assertThat(assigner.plan(store.snapshot()).targets()).isEmpty();
    }
    beat(B, State.LIVE, 0);
    for (int seconds = 0; seconds <= 6; seconds += 2) {
      beat(A, State.LIVE, 4);
      beat(B, State.LIVE, 0);
      assigner.plan(store.snapshot());
      nanos += Duration.ofSeconds(2).toNanos();
    }
    assertThat(assigner.plan(store.snapshot()).targets()).isEmpty();
  }

  @Test
  void while_members_work_with_another_number_nothing_is_named_and_nothing_counts_as_owned() {
    beat(A, State.LIVE, 4);
    hold(0, A);
    store.write(new PartitionLease(1, Optional.empty(), Optional.empty(), 7, Version.NONE));
    WantedPartitions.set(store, 8);
    Assigner.Plan plan = assigner.plan(store.snapshot());
    assertThat(plan.targets()).isEmpty();
    assertThat(plan.status().repartitioning()).isTrue();
    assertThat(plan.status().partitions()).isEqualTo(8);
    assertThat(plan.status().unowned()).isEqualTo(8);
  }

  @Test
  void a_plan_made_from_what_is_no_longer_so_is_not_written() {
    beat(A, State.LIVE, 4);
    store.write(new PartitionLease(2, Optional.empty(), Optional.empty(), 7, Version.NONE));
    Assigner.Plan plan = assigner.plan(store.snapshot());
    store.write(store.lease(2).orElseThrow().claimedBy(B, 8));
    assertThat(plan.targets().stream().map(store::write))
        .containsExactly(new CasOutcome.Conflict());
  }

  @Test
  void what_members_say_of_themselves_is_in_the_status() {
    beat(A, State.LIVE, 4);
    store.write(
        store.heartbeat(A).orElseThrow().reporting(new Report(Map.of("queue", "no such queue"))));
    hold(0, A);
    assertThat(assigner.assign(store).members())
        .isEqualTo(
            Map.of(
                A,
                new PipelineStatus.Member(
                    true, State.LIVE, 4, 1, new Report(Map.of("queue", "no such queue")))));
  }

  private void beat(MemberId member, State state, int partitions) {
    Optional<Heartbeat> there = store.heartbeat(member);
    store.write(
        new Heartbeat(
            member,
            "i",
            there.map(Heartbeat::renewals).orElse(0L) + 1,
            state,
            partitions,
            Report.NONE,
            there.map(Heartbeat::version).orElse(Version.NONE)));
  }

  private void hold(int partition, MemberId holder) {
    store.write(
        new PartitionLease(partition, Optional.of(holder), Optional.empty(), 1, Version.NONE));
  }
}
