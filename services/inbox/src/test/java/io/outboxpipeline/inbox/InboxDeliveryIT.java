package io.outboxpipeline.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.SeedSource;
import io.outboxpipeline.testkit.Seeds;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever the order, the duplicates, the batches and the failures: each event once, in order. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Deliveries.EMPTIED)
final class InboxDeliveryIT {

  @ParameterizedTest
  @SeedSource(ci = 12, full = 30)
  void any_delivery_gives_each_aggregates_events_once_and_in_order(Seeds seeds)
      throws InterruptedException {
    List<TestDatabase> servers =
        Arrays.stream(TestDatabase.values()).filter(TestDatabase::available).toList();
    seeds.forEach(
        random -> eachEventIsAppliedOnce(servers.get(random.nextInt(servers.size())), random));
  }

  private static void eachEventIsAppliedOnce(TestDatabase server, RandomGenerator random)
      throws SQLException {
    Database database = Deliveries.database(server);
    var expected = new TreeMap<String, List<Long>>();
    List<Received> deliveries = new ArrayList<>();
    for (int a = 0; a < 1 + random.nextInt(4); a++) {
      Chain chain = Deliveries.chain("a" + a);
      for (long n = 1; n <= 1 + random.nextInt(12); n++) {
        boolean tombstone = random.nextInt(6) == 0;
        Received event = tombstone ? Deliveries.tombstone(chain, n) : Deliveries.event(chain, n);
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
          deliveries.add(event);
        }
        if (!tombstone) {
          expected.computeIfAbsent(chain.aggregate().id(), i -> new ArrayList<>()).add(n);
        }
      }
    }
    Collections.shuffle(deliveries, random);
    var inbox = new Inbox(Start.AT_ONE);
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      for (int from = 0; from < deliveries.size(); ) {
        int to = Math.min(deliveries.size(), from + 1 + random.nextInt(8));
        inbox.receive(c, deliveries.subList(from, to), Deliveries::write);
        if (random.nextInt(4) == 0) {
          c.rollback();
        } else {
          c.commit();
          from = to;
        }
      }
    }
    assertThat(Deliveries.applied(database)).isEqualTo(expected);
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
    assertThat(database.number("SELECT COUNT(*) FROM inbox WHERE waiting_since IS NOT NULL"))
        .isZero();
  }

  @ParameterizedTest
  @EnumSource
  void several_consumers_with_rollbacks_and_lost_connections_do_the_same(TestDatabase server)
      throws Exception {
    Database database = Deliveries.database(server);
    int aggregates = 20;
    int each = 60;
    var random = new Random(7);
    var expected = new TreeMap<String, List<Long>>();
    List<Received> deliveries = new ArrayList<>();
    for (int a = 0; a < aggregates; a++) {
      Chain chain = Deliveries.chain("a" + a);
      for (Received event : Deliveries.events(chain, 1, each)) {
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
          deliveries.add(event);
        }
      }
      expected.put(chain.aggregate().id(), Deliveries.numbers(1, each));
    }
    shuffleNearby(deliveries, random);
    var queue = new ConcurrentLinkedQueue<>(deliveries);
    var undone = new AtomicInteger();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        var own = new Random(t);
        all.add(pool.submit(() -> consume(database, queue, own, undone)));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
    assertThat(undone).hasPositiveValue();
    assertThat(Deliveries.applied(database)).isEqualTo(expected);
    assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
  }

  /** Some events far from their place, and all aggregates mixed. */
  private static void shuffleNearby(List<Received> deliveries, Random random) {
    Collections.shuffle(deliveries, random);
    var nearby = new TreeMap<Long, List<Received>>();
    for (Received event : deliveries) {
      long place =
          event.event().sequence()
              + (random.nextInt(10) == 0 ? random.nextInt(60) : random.nextInt(4));
      nearby.computeIfAbsent(place, p -> new ArrayList<>()).add(event);
    }
    deliveries.clear();
    nearby.values().forEach(deliveries::addAll);
  }

  private static Void consume(
      Database database, ConcurrentLinkedQueue<Received> queue, Random random, AtomicInteger undone)
      throws SQLException {
    var inbox = new Inbox(Start.AT_ONE);
    while (!queue.isEmpty()) {
      try (Connection c = database.dataSource().getConnection()) {
        c.setAutoCommit(false);
        c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        while (!queue.isEmpty() && receiveSome(inbox, c, queue, random, undone)) {
          // Until the connection is lost.
        }
      }
    }
    return null;
  }

  /** Whether the connection is still there afterwards. */
  private static boolean receiveSome(
      Inbox inbox,
      Connection c,
      ConcurrentLinkedQueue<Received> queue,
      Random random,
      AtomicInteger undone)
      throws SQLException {
    List<Received> batch = new ArrayList<>();
    for (int size = 1 + random.nextInt(20); size > 0; size--) {
      Received next = queue.poll();
      if (next != null) {
        batch.add(next);
      }
    }
    boolean committed = false;
    try {
      inbox.receive(c, batch, Deliveries::write);
      switch (random.nextInt(16)) {
        case 0, 1 -> c.rollback();
        case 2 -> c.abort(Runnable::run);
        default -> {
          c.commit();
          committed = true;
        }
      }
    } catch (SQLException e) {
      assertThat(Outbox.isRetryable(e)).as(e.toString()).isTrue();
      c.rollback();
    }
    if (!committed) {
      undone.incrementAndGet();
      queue.addAll(batch);
    }
    return !c.isClosed();
  }
}
