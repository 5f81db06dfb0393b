package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.ownership.Heartbeat.State;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What the protocol relies on, of every lease store: extend it and hand over clients of one empty
 * store.
 */
public abstract class LeaseStoreContract {

  private static final MemberId A = new MemberId("a");
  private static final MemberId B = new MemberId("b");
  private static final int CLIENTS = 8;

  /** Another client of this test's own store, which is empty at the test's start. */
  protected abstract LeaseStore client();

  @Test
  void what_is_written_is_read() {
    LeaseStore store = client();
    Heartbeat beat = create(store, beat(A, "one", 1));
    PartitionLease lease =
        create(
            store, new PartitionLease(3, Optional.of(A), Optional.of(B), 1L << 40, Version.NONE));
    PartitionLease free =
        create(store, new PartitionLease(4, Optional.empty(), Optional.empty(), 2, Version.NONE));

    assertThat(client().heartbeat(A)).contains(beat);
    assertThat(client().heartbeat(B)).isEmpty();
    Snapshot snapshot = client().snapshot();
    assertThat(snapshot.heartbeats()).containsExactly(beat);
    assertThat(snapshot.leases()).containsExactlyInAnyOrder(lease, free);
  }

  @Test
  void every_state_of_a_heartbeat_is_kept() {
    LeaseStore store = client();
    Heartbeat beat = create(store, beat(A, "one", 1));
    for (State state : State.values()) {
      Heartbeat next = beat.in(state);
      beat = next.stored(version(store.write(next)));
      assertThat(store.heartbeat(A)).contains(beat);
    }
  }

  @Test
  void what_a_member_says_of_itself_is_kept_and_replaced() {
    LeaseStore store = client();
    var report = new Report(Map.of("queue", "no & such = queue: “ä” 100 %", "backlog", "12"));
    Heartbeat beat = create(store, beat(A, "one", 1).reporting(report));
    assertThat(client().heartbeat(A)).contains(beat);
    Heartbeat silent = beat.reporting(Report.NONE);
    silent = silent.stored(version(store.write(silent)));
    assertThat(client().snapshot().heartbeats()).containsExactly(silent);
  }

  @Test
  void the_wanted_number_of_partitions_is_created_and_replaced_like_any_record() {
    LeaseStore store = client();
    assertThat(store.snapshot().wanted()).isEmpty();
    var first = new WantedPartitions(8, Version.NONE);
    Version version = version(store.write(first));
    assertThat(client().snapshot().wanted()).contains(new WantedPartitions(8, version));
    assertThat(store.write(first)).isEqualTo(new CasOutcome.Conflict());

    Version next = version(store.write(new WantedPartitions(32, version)));
    assertThat(next).isNotEqualTo(version);
    assertThat(store.write(new WantedPartitions(5, version))).isEqualTo(new CasOutcome.Conflict());
    assertThat(client().snapshot())
        .isEqualTo(new Snapshot(List.of(), List.of(), Optional.of(new WantedPartitions(32, next))));
    assertThat(WantedPartitions.set(store, 32)).isTrue();
    assertThat(client().snapshot().wanted()).contains(new WantedPartitions(32, next));
    assertThat(WantedPartitions.set(store, 5)).isTrue();
    assertThat(client().snapshot().wanted().orElseThrow().count()).isEqualTo(5);
  }

  @Test
  void a_record_is_created_only_where_there_is_none() {
    LeaseStore store = client();
    Heartbeat beat = create(store, beat(A, "one", 1));
    PartitionLease lease = create(store, held(0, A, 1));

    assertThat(store.write(beat(A, "two", 1))).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.write(held(0, B, 2))).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.heartbeat(A)).contains(beat);
    assertThat(store.snapshot().leases()).containsExactly(lease);
  }

  @Test
  void a_record_is_replaced_and_deleted_only_in_the_version_that_was_read() {
    LeaseStore store = client();
    Heartbeat oldBeat = create(store, beat(A, "one", 1));
    Heartbeat beat = oldBeat.stored(version(store.write(oldBeat)));
    PartitionLease oldLease = create(store, held(0, A, 1));
    PartitionLease lease = oldLease.stored(version(store.write(oldLease)));

    assertThat(store.write(oldBeat.in(State.SEIZED))).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.delete(oldBeat)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.write(oldLease.released())).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.delete(oldLease)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.heartbeat(A)).contains(beat);
    assertThat(store.snapshot().leases()).containsExactly(lease);

    assertThat(store.delete(beat)).isEqualTo(new CasOutcome.Written(Version.NONE));
    assertThat(store.delete(lease)).isEqualTo(new CasOutcome.Written(Version.NONE));
    assertThat(store.snapshot()).isEqualTo(new Snapshot(List.of(), List.of(), Optional.empty()));
  }

  @Test
  void a_record_that_vanished_conflicts_with_whoever_knew_it() {
    LeaseStore store = client();
    Heartbeat beat = create(store, beat(A, "one", 1));
    PartitionLease lease = create(store, held(0, A, 1));
    version(store.delete(beat));
    version(store.delete(lease));

    assertThat(store.write(beat)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.delete(beat)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.write(lease)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.delete(lease)).isEqualTo(new CasOutcome.Conflict());
    assertThat(store.snapshot()).isEqualTo(new Snapshot(List.of(), List.of(), Optional.empty()));
  }

  @Test
  void a_version_never_comes_back_even_if_the_record_is_created_again() {
    LeaseStore store = client();
    var versions = new HashSet<Version>();
    for (int i = 0; i < 5; i++) {
      Heartbeat beat = create(store, beat(A, "one", 1));
      PartitionLease lease = create(store, held(0, A, 1));
      assertThat(versions.add(beat.version())).isTrue();
      assertThat(versions.add(lease.version())).isTrue();
      Heartbeat same = beat.stored(version(store.write(beat)));
      PartitionLease sameLease = lease.stored(version(store.write(lease)));
      assertThat(versions.add(same.version())).isTrue();
      assertThat(versions.add(sameLease.version())).isTrue();
      version(store.delete(same));
      version(store.delete(sameLease));
    }
  }

  @Test
  void of_many_that_create_one_lease_one_succeeds() throws Exception {
    for (int round = 0; round < 10; round++) {
      int partition = round;
      exactlyOneWrites(i -> store -> store.write(held(partition, new MemberId("m" + i), 1)));
    }
    assertThat(client().snapshot().leases()).hasSize(10);
  }

  @Test
  void of_many_that_saw_the_same_lease_one_replaces_it() throws Exception {
    for (int round = 0; round < 10; round++) {
      PartitionLease seen = create(client(), held(round, A, 1));
      exactlyOneWrites(i -> store -> store.write(seen.claimedBy(new MemberId("m" + i), 2)));
    }
  }

  @Test
  void of_many_that_create_one_heartbeat_one_succeeds() throws Exception {
    for (int round = 0; round < 10; round++) {
      var member = new MemberId("m" + round);
      exactlyOneWrites(i -> store -> store.write(beat(member, "i" + i, 1)));
    }
  }

  @Test
  void a_renewal_and_those_who_seize_don_t_both_succeed() throws Exception {
    for (int round = 0; round < 10; round++) {
      Heartbeat seen = create(client(), beat(new MemberId("m" + round), "one", 1));
      exactlyOneWrites(i -> store -> store.write(i == 0 ? seen : seen.in(State.SEIZED)));
    }
  }

  @Test
  void of_a_write_and_those_who_delete_one_succeeds() throws Exception {
    for (int round = 0; round < 10; round++) {
      Heartbeat seen = create(client(), beat(new MemberId("m" + round), "one", 1));
      exactlyOneWrites(i -> store -> i == 0 ? store.write(seen) : store.delete(seen));
    }
  }

  @Test
  void a_holder_that_is_just_starting_is_never_without_a_heartbeat_in_a_snapshot()
      throws Exception {
    var done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> starting =
          threads.submit(
              () -> {
                LeaseStore store = client();
                try {
                  for (int i = 0; i < 150; i++) {
                    var member = new MemberId("starts-" + i);
                    create(store, beat(member, "one", 1));
                    create(store, held(i, member, 1));
                  }
                } finally {
                  done.set(true);
                }
              });
      LeaseStore observer = client();
      while (!done.get()) {
        Snapshot snapshot = observer.snapshot();
        List<MemberId> beating = snapshot.heartbeats().stream().map(Heartbeat::member).toList();
        assertThat(snapshot.leases())
            .allSatisfy(lease -> assertThat(beating).contains(lease.holder().orElseThrow()));
      }
      starting.get();
    }
  }

  @Test
  void a_write_that_was_answered_is_read_by_every_other_client() {
    LeaseStore writer = client();
    LeaseStore reader = client();
    Heartbeat beat = create(writer, beat(A, "one", 1));
    PartitionLease lease = create(writer, held(0, A, 1));
    for (int i = 2; i < 30; i++) {
      Heartbeat next = beat(A, "one", i).stored(beat.version());
      beat = next.stored(version(writer.write(next)));
      PartitionLease nextLease = lease.claimedBy(A, i);
      lease = nextLease.stored(version(writer.write(nextLease)));

      assertThat(reader.heartbeat(A)).contains(beat);
      assertThat(reader.snapshot())
          .isEqualTo(new Snapshot(List.of(lease), List.of(beat), Optional.empty()));
    }
  }

  private void exactlyOneWrites(Function<Integer, Function<LeaseStore, CasOutcome>> attempt)
      throws Exception {
    List<LeaseStore> clients = IntStream.range(0, CLIENTS).mapToObj(i -> client()).toList();
    var outcomes = new ArrayList<CasOutcome>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Callable<CasOutcome>> attempts =
          IntStream.range(0, CLIENTS)
              .<Callable<CasOutcome>>mapToObj(i -> () -> attempt.apply(i).apply(clients.get(i)))
              .toList();
      for (Future<CasOutcome> outcome : threads.invokeAll(attempts)) {
        outcomes.add(outcome.get());
      }
    }
    assertThat(outcomes).filteredOn(o -> o instanceof CasOutcome.Written).hasSize(1);
  }

  private static Heartbeat beat(MemberId member, String incarnation, long renewals) {
    return new Heartbeat(member, incarnation, renewals, State.LIVE, 5, Report.NONE, Version.NONE);
  }

  private static PartitionLease held(int partition, MemberId holder, long epoch) {
    return new PartitionLease(
        partition, Optional.of(holder), Optional.empty(), epoch, Version.NONE);
  }

  private static Heartbeat create(LeaseStore store, Heartbeat beat) {
    return beat.stored(version(store.write(beat)));
  }

  private static PartitionLease create(LeaseStore store, PartitionLease lease) {
    return lease.stored(version(store.write(lease)));
  }

  private static Version version(CasOutcome outcome) {
    assertThat(outcome).isInstanceOf(CasOutcome.Written.class);
    return ((CasOutcome.Written) outcome).version();
  }
}
