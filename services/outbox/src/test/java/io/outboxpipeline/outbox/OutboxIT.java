package io.outboxpipeline.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Outbox.Appended;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
final class OutboxIT {
  private static final Aggregate ALICE = new Aggregate("spending", "alice");
  private static final Aggregate BOB = new Aggregate("spending", "bob");
  private static final Aggregate CAROL = new Aggregate("spending", "carol");

  private final TestDatabase server;
  private Database database;

  OutboxIT(TestDatabase server) {
    this.server = server;
    this.database = new Database("", 0, "", "", "");
  }

  @BeforeEach
  void migrate() {
    database = server.create();
    Migrations.outbox(database.dataSource());
  }

  private Connection begin() throws SQLException {
    Connection c = database.dataSource().getConnection();
    c.setAutoCommit(false);
    c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    return c;
  }

  private static NewEvent event(Aggregate aggregate) {
    return NewEvent.json(aggregate, "spending.created", "{\"amount\":\"1.00\"}");
  }

  @Test
  void an_event_is_there_after_commit_and_not_after_rollback() throws SQLException {
    try (Connection c = begin()) {
      Outbox.append(c, event(ALICE));
      c.rollback();
      assertThat(database.number("SELECT COUNT(*) FROM obt")).isZero();
      Appended kept = Outbox.append(c, event(ALICE).withHeader("traceparent", "00-1-2-03"));
      assertThat(database.number("SELECT COUNT(*) FROM obt")).isZero();
      c.commit();
      assertThat(kept.sequence()).isEqualTo(1);
      assertThat(kept.eventId().version()).isEqualTo(7);
      assertThat(
              database.number(
                  "SELECT COUNT(*) FROM obt WHERE sequence = 1 AND event_id = '"
                      + kept.eventId()
                      + "' AND slot = "
                      + ALICE.slot()
                      + " AND payload = '{\"amount\":\"1.00\"}'"
                      + " AND headers = '{\"traceparent\":\"00-1-2-03\"}'"))
          .isEqualTo(1);
    }
  }

  @Test
  void several_events_of_several_aggregates_are_numbered_in_their_order() throws SQLException {
    try (Connection c = begin()) {
      Outbox.append(c, event(BOB));
      List<Appended> appended =
          Outbox.append(c, List.of(event(BOB), event(ALICE), event(BOB), event(ALICE)));
      c.commit();
      assertThat(appended).extracting(Appended::sequence).containsExactly(2L, 1L, 3L, 2L);
      Outbox.append(c, IntStream.range(0, 250).mapToObj(i -> event(ALICE)).toList());
      c.commit();
    }
    assertOneUnbrokenChainPerAggregate();
    assertThat(database.number("SELECT COUNT(*) FROM obt")).isEqualTo(255);
  }

  @Test
  void an_auto_committing_connection_is_refused() throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      assertThatThrownBy(() -> Outbox.append(c, event(ALICE)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("transaction");
    }
  }

  @Test
  void sql_computes_the_same_slot() throws SQLException {
    try (var c = database.dataSource().getConnection();
        var s = c.prepareStatement("SELECT CRC32(CONCAT(?, CHAR(0), ?)) & 255")) {
      for (String id : new String[] {"1", "alice", "Zoë", "東京", "😀"}) {
        s.setString(1, "spending");
        s.setString(2, id);
        try (var row = s.executeQuery()) {
          row.next();
          assertThat(row.getInt(1)).isEqualTo(new Aggregate("spending", id).slot());
        }
      }
    }
  }

  @Test
  void the_table_refuses_a_row_in_a_wrong_slot() {
    assertThatThrownBy(
            () ->
                database.execute(
                    "INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)"
                        + " VALUES (7, 'spending', 'alice', 1, UUID(), 't', 'text/plain', '')"))
        .hasMessageContaining("obt_slot");
  }

  @Test
  void aggregates_are_told_apart_exactly() throws SQLException {
    try (Connection c = begin()) {
      for (String id : List.of("a", "A", "a ", "á", "a\u0000", "\uFFFF", "😀")) {
        assertThat(Outbox.append(c, event(new Aggregate("spending", id))).sequence())
            .as(id)
            .isEqualTo(1);
      }
      c.commit();
    }
  }

  @Test
  void migrations_started_together_run_once() throws Exception {
    Database fresh = server.create();
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(pool.submit(() -> Migrations.outbox(fresh.dataSource())));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertThat(fresh.number("SELECT COUNT(*) FROM obt")).isZero();
  }

  @Test
  void a_deadlock_between_opposite_orders_is_retryable_and_one_call_has_none() throws Exception {
    try (Connection c = begin()) {
      Outbox.append(c, List.of(event(ALICE), event(BOB), event(CAROL)));
      c.commit();
    }
    var bothHoldOne = new CountDownLatch(2);
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      var one = pool.submit(() -> appendOneByOne(ALICE, BOB, bothHoldOne));
      var other = pool.submit(() -> appendOneByOne(BOB, ALICE, bothHoldOne));
      List<Throwable> failures = new ArrayList<>();
      for (var f : List.of(one, other)) {
        try {
          f.get();
        } catch (ExecutionException e) {
          failures.add(e.getCause());
        }
      }
      assertThat(failures).hasSize(1);
      assertThat(failures.getFirst())
          .isInstanceOfSatisfying(
              OutboxException.class,
              e -> {
                assertThat(e.retryable()).isTrue();
                assertThat(e.transactionLost()).isTrue();
              });
    }
    try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        List<NewEvent> events =
            switch (i % 4) {
              case 0 -> List.of(event(ALICE), event(BOB));
              case 1 -> List.of(event(BOB), event(ALICE));
              case 2 -> List.of(event(CAROL), event(BOB), event(ALICE), event(BOB));
              default -> List.of(event(ALICE), event(CAROL), event(BOB));
            };
        all.add(
            pool.submit(
                () -> {
                  for (int n = 0; n < 50; n++) {
                    try (Connection c = begin()) {
                      Outbox.append(c, events);
                      c.commit();
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
    assertOneUnbrokenChainPerAggregate();
  }

  private boolean appendOneByOne(Aggregate first, Aggregate second, CountDownLatch bothHoldOne)
      throws SQLException, InterruptedException {
    try (Connection c = begin()) {
      Outbox.append(c, event(first));
      bothHoldOne.countDown();
      bothHoldOne.await();
      Outbox.append(c, event(second));
      c.commit();
      return true;
    }
  }

  @Test
  void with_many_writers_on_two_instances_and_rollbacks_each_chain_has_no_gap_and_no_duplicate()
      throws Exception {
    int threads = 32;
    int each = 120;
    Set<UUID> committed = ConcurrentHashMap.newKeySet();
    Set<UUID> rolledBack = ConcurrentHashMap.newKeySet();
    try (var pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        var random = new Random(t);
        all.add(pool.submit(() -> write(random, each, committed, rolledBack)));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
    assertThat(rolledBack.size()).isGreaterThan(threads * each / 5);
    assertThat(eventIds()).containsExactlyInAnyOrderElementsOf(committed);
    assertOneUnbrokenChainPerAggregate();
  }

  @Test
  void virtual_threads_share_two_connections_and_new_aggregates_on_repeatable_read()
      throws Exception {
    try (var pool = new HikariDataSource();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      pool.setDataSource(database.dataSource());
      pool.setMaximumPoolSize(2);
      pool.setAutoCommit(false);
      pool.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        var aggregate = new Aggregate("spending", "new-" + i / 4);
        all.add(threads.submit(() -> appendOnce(pool, aggregate)));
      }
      for (Future<?> f : all) {
        f.get();
      }
    }
    assertOneUnbrokenChainPerAggregate();
    assertThat(database.number("SELECT COUNT(*) FROM obt")).isEqualTo(100);
  }

  private static Void appendOnce(DataSource source, Aggregate aggregate) throws SQLException {
    while (true) {
      try (Connection c = source.getConnection()) {
        Outbox.append(c, List.of(event(aggregate)));
        c.commit();
        return null;
      } catch (OutboxException e) {
        assertThat(e.retryable()).as(e.toString()).isTrue();
      }
    }
  }

  private Void write(Random random, int times, Set<UUID> committed, Set<UUID> rolledBack)
      throws SQLException {
    try (Connection c = begin()) {
      for (int done = 0; done < times; ) {
        var aggregate = new Aggregate("spending", "a" + random.nextInt(100));
        try {
          UUID id = Outbox.append(c, event(aggregate)).eventId();
          if (random.nextInt(3) == 0) {
            c.rollback();
            rolledBack.add(id);
          } else {
            c.commit();
            committed.add(id);
          }
          done++;
        } catch (OutboxException e) {
          assertThat(e.retryable()).as(e.toString()).isTrue();
          c.rollback();
        }
      }
    }
    return null;
  }

  private List<UUID> eventIds() throws SQLException {
    List<UUID> ids = new ArrayList<>();
    try (var c = database.dataSource().getConnection();
        var rows = c.createStatement().executeQuery("SELECT event_id FROM obt")) {
      while (rows.next()) {
        ids.add(UUID.fromString(rows.getString(1)));
      }
    }
    return ids;
  }

  /** In each aggregate, ordered by id: 1, 2, 3 … up to its counter. */
  private void assertOneUnbrokenChainPerAggregate() throws SQLException {
    Map<String, Long> last = new java.util.HashMap<>();
    try (var c = database.dataSource().getConnection();
        var rows =
            c.createStatement()
                .executeQuery("SELECT aggregate_id, sequence FROM obt ORDER BY id")) {
      while (rows.next()) {
        String id = rows.getString(1);
        assertThat(rows.getLong(2)).as(id).isEqualTo(last.merge(id, 1L, Long::sum));
      }
    }
    assertThat(database.number("SELECT SUM(last_sequence) FROM obt_aggregate"))
        .isEqualTo(database.number("SELECT COUNT(*) FROM obt"));
  }
}
