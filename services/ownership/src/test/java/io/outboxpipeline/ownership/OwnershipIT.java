package io.outboxpipeline.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several members with their real loops, on one real database. */
final class OwnershipIT {

  /** Generous against a busy machine, and still quick. */
  private static final LeaseTiming TIMING =
      new LeaseTiming(Duration.ofMillis(3000), Duration.ofMillis(2000), Duration.ofMillis(300));

  private static final int PARTITIONS = 64;

  private final Database database = TestDatabase.preferred().create();
  private final List<Relay> relays = new ArrayList<>();
  private final List<Relay> all = new ArrayList<>();

  /** When a planned move began, and how long nobody read the partition. */
  private final Map<Integer, Long> drainedAt = new ConcurrentHashMap<>();

  private final Queue<Long> stalls = new ConcurrentLinkedQueue<>();
  private final Queue<String> overlaps = new ConcurrentLinkedQueue<>();

  OwnershipIT() {
    Migrations.outbox(database.dataSource());
  }

  @AfterEach
  void stop() {
    for (Relay relay : all) {
      if (relay.ownership != null) {
        relay.ownership.close();
      }
      relay.pool.close();
    }
  }

  @Test
  void members_join_leave_die_and_are_cut_off_and_every_partition_has_one_owner_again()
      throws Exception {
    for (int i = 0; i < 4; i++) {
      join("m" + i);
      awaitAllOwned();
    }
    Relay leaver = relays.getFirst();
    assertThat(leaver.ownership.leave(Duration.ofSeconds(20))).isTrue();
    assertThat(leaver.grants).isEmpty();
    assertThat(database.number("SELECT COUNT(*) FROM obt_member WHERE member_id = 'm0'")).isZero();
    awaitAllOwned();
    printStalls();

    Relay killed = relays.get(1);
    killed.ownership.close();
    assertThat(killed.grants).isEmpty();
    awaitAllOwned();

    Relay cutOff = relays.get(2);
    int before = cutOff.grants.size();
    cutOff.away = true;
    await().until(() -> !cutOff.ownership.maySend());
    await().until(() -> relays.get(3).grants.size() == PARTITIONS);
    assertThat(before).isPositive();
    cutOff.away = false;
    awaitAllOwned();

    join("m1");
    awaitAllOwned();
    assertThat(overlaps).isEmpty();
  }

  @Test
  void a_process_that_starts_as_the_same_member_takes_over_at_once_and_the_old_one_ends()
      throws Exception {
    // Had it to wait for the old one's death, that would take a whole lease.
    var timing =
        new LeaseTiming(Duration.ofMinutes(2), Duration.ofSeconds(100), Duration.ofSeconds(2));
    Relay old = new Relay("m0");
    old.start(PARTITIONS, timing);
    await().until(() -> old.grants.size() == PARTITIONS);
    Relay successor = new Relay("m0");
    successor.start(PARTITIONS, timing);
    await().atMost(Duration.ofSeconds(90)).until(() -> successor.grants.size() == PARTITIONS);
    assertThat(old.ownership.ended().get()).isEqualTo(Ending.SUPERSEDED);
    assertThat(old.ownership.status().state()).isEqualTo(OwnershipStatus.State.SUPERSEDED);
    assertThat(old.ownership.maySend()).isFalse();
    assertThat(old.grants).isEmpty();
    assertThat(successor.grants.values()).allSatisfy(g -> assertThat(g.epoch()).isGreaterThan(1));
  }

  @Test
  void one_that_is_fenced_out_forgets_the_partition_and_comes_back_above_the_fence()
      throws Exception {
    Relay relay = join("m0");
    awaitAllOwned();
    database.execute("UPDATE obt_partition SET epoch = 41 WHERE partition_no = 3");
    Grant stale = relay.grant(3);
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      assertThat(DatabaseFence.stale(c, Map.of(3, stale.epoch()))).containsExactly(3);
      c.rollback();
    }
    relay.ownership.fencedOut(stale);
    await().until(() -> relay.grants.containsKey(3) && relay.grant(3).epoch() == 42);
  }

  @Test
  void an_idle_member_costs_few_calls() throws Exception {
    Relay relay = join("m0");
    awaitAllOwned();
    long callsBefore = relay.calls.get();
    long since = System.nanoTime();
    await()
        .pollDelay(Duration.ofSeconds(3))
        .untilAsserted(() -> assertThat(relay.calls.get()).isGreaterThan(callsBefore));
    double seconds = (System.nanoTime() - since) / 1e9;
    double perRetryPeriod =
        (relay.calls.get() - callsBefore) / seconds * TIMING.retryPeriod().toMillis() / 1_000;
    // A renewal, a snapshot of two statements, and a look at the fence.
    assertThat(perRetryPeriod).isLessThanOrEqualTo(3.6);
  }

  @Test
  void partition_work_that_throws_ends_the_membership_with_everything_abandoned() throws Exception {
    Relay relay = new Relay("m0");
    relay.broken = true;
    relay.start(PARTITIONS);
    assertThat(relay.ownership.ended().get()).isEqualTo(Ending.FAILED);
    assertThat(relay.grants).isEmpty();
    assertThat(relay.ownership.maySend()).isFalse();
  }

  @Test
  void the_number_of_partitions_changes_while_members_run_join_and_hang() {
    for (int i = 0; i < 3; i++) {
      join("m" + i);
    }
    awaitAllOwned();
    long before = database.number("SELECT MAX(epoch) FROM obt_partition");

    var start = System.nanoTime();
    Relay other = new Relay("m3");
    relays.add(other);
    other.start(32); // whoever starts with another number decides
    awaitAllOwned(32);
    System.out.printf("from 64 to 32 partitions: %d ms%n", (System.nanoTime() - start) / 1_000_000);
    assertThat(database.number("SELECT MIN(epoch) FROM obt_partition")).isGreaterThan(before);

    Relay hangs = relays.remove(1);
    hangs.away = true;
    WantedPartitions.set(new DatabaseLeaseStore(database.dataSource()), 5);
    await().until(() -> !hangs.ownership.maySend());
    awaitAllOwned(5);
    relays.add(hangs);
    hangs.away = false;
    awaitAllOwned(5);
    await().until(() -> database.number("SELECT COUNT(*) FROM obt_lease") == 5);
    assertThat(overlaps).isEmpty();
  }

  @Test
  void a_member_that_cannot_reach_the_fence_gives_its_partitions_up_if_somebody_else_can() {
    Relay able = join("m0");
    Relay unable = join("m1");
    awaitAllOwned();
    unable.fenceAway = true;
    await().until(() -> able.grants.size() == PARTITIONS);
    assertThat(unable.ownership.maySend()).as("its heartbeat is renewed all the time").isTrue();

    able.fenceAway = true; // now nobody can: then nothing moves
    await()
        .pollDelay(TIMING.leaseDuration().multipliedBy(2))
        .until(() -> able.grants.size() == PARTITIONS);
    able.fenceAway = false;
    unable.fenceAway = false;
    awaitAllOwned();
    assertThat(overlaps).isEmpty();
  }

  private Relay join(String name) {
    var relay = new Relay(name);
    relay.start(PARTITIONS);
    relays.add(relay);
    return relay;
  }

  private void awaitAllOwned() {
    awaitAllOwned(PARTITIONS);
  }

  private void awaitAllOwned(int partitions) {
    await()
        .untilAsserted(
            () -> {
              var owners = new HashMap<Integer, String>();
              int most = 0;
              int least = partitions;
              for (Relay relay : relays) {
                if (relay.ownership.ended().isDone()) {
                  continue;
                }
                relay.grants.forEach(
                    (partition, grant) -> assertThat(owners.put(partition, relay.name)).isNull());
                most = Math.max(most, relay.grants.size());
                least = Math.min(least, relay.grants.size());
                assertThat(relay.ownership.maySend()).isTrue();
                assertThat(relay.ownership.status().moving()).isZero();
                assertThat(relay.ownership.status().partitions()).isEqualTo(partitions);
              }
              assertThat(owners).hasSize(partitions);
              assertThat(most - least).isLessThanOrEqualTo(1);
            });
  }

  private void printStalls() {
    List<Long> sorted = stalls.stream().sorted().toList();
    assertThat(sorted).isNotEmpty();
    System.out.printf(
        "planned moves: %d, stall in ms: median %d, p99 %d, longest %d%n",
        sorted.size(),
        sorted.get(sorted.size() / 2) / 1_000_000,
        sorted.get((sorted.size() * 99 + 99) / 100 - 1) / 1_000_000,
        sorted.getLast() / 1_000_000);
  }

  /** A member whose work is to note what it owns. */
  private final class Relay implements PartitionWork, LeaseStore, Fence {
    final String name;
    final Map<Integer, Grant> grants = new ConcurrentHashMap<>();
    final AtomicLong calls = new AtomicLong();
    final HikariDataSource pool = pool();
    final DatabaseLeaseStore store = new DatabaseLeaseStore(pool);
    final DatabaseFence fence = new DatabaseFence(pool);
    volatile boolean away;
    volatile boolean fenceAway;
    volatile boolean broken;

    @SuppressWarnings("NullAway.Init")
    volatile Ownership ownership;

    Relay(String name) {
      this.name = name;
      all.add(this);
    }

    private HikariDataSource pool() {
      var pool = new HikariDataSource();
      pool.setDataSource(database.dataSource());
      pool.setMaximumPoolSize(5);
      return pool;
    }

    void start(int partitions) {
      start(partitions, TIMING);
    }

    void start(int partitions, LeaseTiming timing) {
      ownership =
          Ownership.start(
              new Ownership.Settings(new MemberId(name), partitions, timing), this, this, this);
    }

    Grant grant(int partition) {
      Grant grant = grants.get(partition);
      assertThat(grant).isNotNull();
      return grant;
    }

    @Override
    public void start(Grant grant) {
      if (broken) {
        throw new IllegalStateException("broken on purpose");
      }
      Long since = drainedAt.remove(grant.partition());
      if (since != null) {
        stalls.add(System.nanoTime() - since);
      }
      for (Relay other : relays) {
        if (other != this
            && other.ownership != null
            && !other.name.equals(name)
            && other.grants.values().stream().anyMatch(g -> overlap(g, grant))
            && other.ownership.maySend()) {
          overlaps.add(grant + " of " + name + " and " + other.name);
        }
      }
      grants.put(grant.partition(), grant);
    }

    private static boolean overlap(Grant a, Grant b) {
      return a.slots().first() <= b.slots().last() && b.slots().first() <= a.slots().last();
    }

    @Override
    public void drain(Grant grant) {
      drainedAt.put(grant.partition(), System.nanoTime());
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
      calls.incrementAndGet();
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

    private <T> T fenceCall(Supplier<T> call) {
      if (fenceAway) {
        throw new StoreException("cut off from the fence", new IllegalStateException());
      }
      return call(call);
    }

    @Override
    public Layout layout() {
      return fenceCall(fence::layout);
    }

    @Override
    public boolean lay(Layout seen, int partitions) {
      return fenceCall(() -> fence.lay(seen, partitions));
    }

    @Override
    public RaiseOutcome raise(MemberId owner, Grant grant) {
      return fenceCall(() -> fence.raise(owner, grant));
    }
  }
}
