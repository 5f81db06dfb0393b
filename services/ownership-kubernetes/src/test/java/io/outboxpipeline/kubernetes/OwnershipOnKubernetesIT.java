package io.outboxpipeline.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.ownership.Assigner;
import io.outboxpipeline.ownership.CasOutcome;
import io.outboxpipeline.ownership.DatabaseFence;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.Heartbeat;
import io.outboxpipeline.ownership.LeaseStore;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Ownership;
import io.outboxpipeline.ownership.PartitionLease;
import io.outboxpipeline.ownership.PartitionWork;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.Report;
import io.outboxpipeline.ownership.Snapshot;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.ownership.WantedPartitions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** Members with their real loops, leases on a real API server, the fence in a real database. */
@ResourceLock(
    value = ApiServer.RUNS,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class OwnershipOnKubernetesIT {

  /** Generous against a busy machine, and still quick. */
  private static final LeaseTiming TIMING =
      new LeaseTiming(Duration.ofMillis(6000), Duration.ofMillis(4000), Duration.ofMillis(500));

  private static final Duration SOON = Duration.ofMinutes(3);

  private final ApiServer cluster = ApiServer.get();
  private final String namespace = cluster.namespace();
  private final Database database = TestDatabase.preferred().create();
  private final List<Relay> relays = new ArrayList<>();
  private final Queue<String> overlaps = new ConcurrentLinkedQueue<>();

  OwnershipOnKubernetesIT() {
    Migrations.outbox(database.dataSource());
  }

  @AfterEach
  void stop() {
    relays.forEach(Relay::close);
  }

  @Test
  void members_join_leave_die_hang_and_lose_their_leases_and_each_partition_has_one_owner_again()
      throws Exception {
    List<Relay> members = start(3, 16);
    awaitAllOwned(16, members);

    assertThat(members.getFirst().ownership.leave(Duration.ofSeconds(20))).isTrue();
    awaitAllOwned(16, members.subList(1, 3));

    Relay hangs = members.get(1);
    hangs.away = true;
    awaitAllOwned(16, members.subList(2, 3));
    assertThat(hangs.ownership.maySend()).isFalse();
    hangs.away = false;
    awaitAllOwned(16, members.subList(1, 3));

    assertThat(overlaps).isEmpty();

    // From here on the fence alone vouches.
    cluster
        .client()
        .leases()
        .inNamespace(namespace)
        .withLabel("outboxpipeline.io/lease", "partition")
        .delete();
    await().atMost(SOON).until(() -> leases() == 16);
    awaitAllOwned(16, members.subList(1, 3));

    members.get(2).ownership.close(); // like a crash: its heartbeat stays
    awaitAllOwned(16, members.subList(1, 2));
  }

  @Test
  @ResourceLock(ApiServer.RUNS)
  void while_the_api_server_hangs_nobody_sends_for_long_and_afterwards_all_go_on_as_before() {
    List<Relay> members = start(2, 8);
    awaitAllOwned(8, members);
    Map<Integer, Grant> before = Map.copyOf(members.getFirst().grants);
    cluster.pause();
    try {
      await().atMost(SOON).until(() -> members.stream().noneMatch(r -> r.ownership.maySend()));
      assertThat(members.getFirst().grants).isEqualTo(before);
    } finally {
      cluster.unpause();
    }
    await().atMost(SOON).until(() -> members.stream().allMatch(r -> r.ownership.maySend()));
    awaitAllOwned(8, members);
    assertThat(members.getFirst().grants).as("nothing moved, nobody was seized").isEqualTo(before);
  }

  @Test
  void the_number_of_partitions_changes_while_members_run_join_and_hang() {
    List<Relay> members = start(3, 8);
    awaitAllOwned(8, members);
    LeaseStore admin = ApiServer.store(cluster.client(), namespace, TIMING);

    assertThat(WantedPartitions.set(admin, 32)).isTrue();
    awaitAllOwned(32, members);

    Relay hangs = members.getFirst();
    hangs.away = true;
    assertThat(WantedPartitions.set(admin, 5)).isTrue();
    Relay joins = relay("late");
    joins.start(OptionalInt.empty());
    awaitAllOwned(5, List.of(members.get(1), members.get(2), joins));
    hangs.away = false;
    awaitAllOwned(5, List.of(hangs, members.get(1), members.get(2), joins));
    assertThat(leases()).isEqualTo(5);
    assertThat(overlaps).isEmpty();
  }

  @Test
  void an_operator_names_targets_and_sees_members_partitions_and_reports() {
    WantedPartitions.set(ApiServer.store(cluster.client(), namespace, TIMING), 8);
    List<Relay> members = start(1, 8);
    awaitAllOwned(8, members);
    var assigner = new Assigner(TIMING, System::nanoTime);
    LeaseStore store = ApiServer.store(cluster.client(), namespace, TIMING);
    Relay joins = relay("late");
    joins.start(OptionalInt.empty());
    await()
        .atMost(SOON)
        .pollInterval(TIMING.retryPeriod())
        .untilAsserted(
            () -> {
              PipelineStatus status = assigner.assign(store);
              assertThat(status.partitions()).isEqualTo(8);
              assertThat(status.owned()).isEqualTo(8);
              assertThat(status.unowned()).isZero();
              assertThat(status.moving()).isZero();
              assertThat(status.members().values())
                  .extracting(PipelineStatus.Member::owned)
                  .containsExactly(4, 4);
              assertThat(status.members().get(new MemberId("late")))
                  .isNotNull()
                  .extracting(m -> m.report().values())
                  .isEqualTo(Map.of("name", "late"));
            });
    assertThat(assigner.plan(store.snapshot()).targets()).isEmpty();
  }

  private List<Relay> start(int count, int partitions) {
    for (int i = 0; i < count; i++) {
      relay("m" + i).start(OptionalInt.of(partitions));
    }
    return List.copyOf(relays);
  }

  private Relay relay(String name) {
    var relay = new Relay(name);
    relays.add(relay);
    return relay;
  }

  private int leases() {
    return cluster
        .client()
        .leases()
        .inNamespace(namespace)
        .withLabel("outboxpipeline.io/lease", "partition")
        .list()
        .getItems()
        .size();
  }

  private void awaitAllOwned(int partitions, List<Relay> members) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var owned = new TreeSet<Integer>();
              int total = 0;
              for (Relay relay : members) {
                assertThat(relay.ownership.maySend()).isTrue();
                assertThat(relay.ownership.status().partitions()).isEqualTo(partitions);
                assertThat(relay.ownership.status().moving()).isZero();
                assertThat(relay.grants.size())
                    .isBetween(partitions / members.size(), partitions / members.size() + 1);
                owned.addAll(relay.grants.keySet());
                total += relay.grants.size();
              }
              assertThat(owned).hasSize(partitions);
              assertThat(total).isEqualTo(partitions);
            });
  }

  /** A member whose work is to note what it owns, with a client and a pool of its own. */
  private final class Relay implements PartitionWork, LeaseStore {
    final String name;
    final Map<Integer, Grant> grants = new ConcurrentHashMap<>();
    final KubernetesClient client = cluster.member(TIMING);
    final LeaseStore store = ApiServer.store(client, namespace, TIMING);
    final HikariDataSource pool = new HikariDataSource();
    volatile boolean away;

    @SuppressWarnings("NullAway.Init")
    volatile Ownership ownership;

    Relay(String name) {
      this.name = name;
      pool.setDataSource(database.dataSource());
      pool.setMaximumPoolSize(4);
    }

    /** As a relay does, again where the API server is slow to answer the first question. */
    void start(OptionalInt partitions) {
      ownership =
          await()
              .ignoreException(StoreException.class)
              .until(() -> started(partitions), Objects::nonNull);
    }

    private Ownership started(OptionalInt partitions) {
      return Ownership.start(
          new Ownership.Settings(new MemberId(name), partitions, TIMING),
          this,
          new DatabaseFence(pool),
          this,
          () -> new Report(Map.of("name", name)));
    }

    @Override
    public void close() {
      if (ownership != null) {
        ownership.close();
      }
      client.close();
      pool.close();
    }

    @Override
    public void start(Grant grant) {
      for (Relay other : relays) {
        if (other != this && other.ownership != null && other.ownership.maySend()) {
          for (Grant theirs : other.grants.values()) {
            if (theirs.slots().first() <= grant.slots().last()
                && grant.slots().first() <= theirs.slots().last()) {
              overlaps.add(grant + " of " + name + ", " + theirs + " of " + other.name);
            }
          }
        }
      }
      grants.put(grant.partition(), grant);
    }

    @Override
    public void drain(Grant grant) {
      Thread.ofVirtual()
          .start(
              () -> {
                grants.remove(grant.partition(), grant);
                ownership.drained(grant);
              });
    }

    @Override
    public void abandon(Grant grant) {
      grants.remove(grant.partition(), grant);
    }

    private <T> T call(Supplier<T> call) {
      if (away) {
        throw new StoreException("cut off", new IllegalStateException());
      }
      return call.get();
    }

    @Override
    public Snapshot snapshot() {
      return call(store::snapshot);
    }

    @Override
    public Optional<Heartbeat> heartbeat(MemberId member) {
      return call(() -> store.heartbeat(member));
    }

    @Override
    public CasOutcome write(Heartbeat next) {
      return call(() -> store.write(next));
    }

    @Override
    public CasOutcome delete(Heartbeat stored) {
      return call(() -> store.delete(stored));
    }

    @Override
    public CasOutcome write(PartitionLease next) {
      return call(() -> store.write(next));
    }

    @Override
    public CasOutcome delete(PartitionLease stored) {
      return call(() -> store.delete(stored));
    }

    @Override
    public CasOutcome write(WantedPartitions next) {
      return call(() -> store.write(next));
    }
  }
}
