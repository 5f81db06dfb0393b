package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits for what while much waits. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
@Execution(ExecutionMode.SAME_THREAD) // each fills two cores
final class RelayBacklogIT extends RelayOnDatabase {

  RelayBacklogIT(TestDatabase server) {
    super(server);
  }

  @Test
  void a_backlog_of_one_aggregate_travels_packed_and_does_not_hold_up_others() throws Exception {
    for (int i = 0; i < 30; i++) {
      NewEvent[] hundred = new NewEvent[100];
      for (int n = 0; n < 100; n++) {
        hundred[n] = event("hot", i * 100 + n);
      }
      commit(hundred);
    }
    commit(event("cold", 1));
    start();
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("hot")).hasSize(3000);
    assertThat(received.get("cold")).hasSize(1);
  }

  /** Its rows are behind all those of the other aggregate, in the same slot. */
  @Test
  void an_aggregate_does_not_wait_for_the_backlog_of_another_in_its_slot() throws Exception {
    var hot = new Aggregate("test", "hot \\' é");
    String neighbour = inSlotOf(hot).findFirst().orElseThrow();
    backlog(hot, 1, 30_000);
    commit(event(neighbour, 1));
    start();
    await().until(() -> rowsOf(neighbour) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    commit(event(neighbour, 2), event(neighbour, 3));
    await().until(() -> rowsOf(neighbour) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(30_000);
    assertThat(received.get(neighbour)).hasSize(3);
  }

  /** Its row is amid those of the other aggregate, too many to pass over in one piece. */
  @Test
  void a_row_that_commits_late_does_not_wait_for_the_backlog_of_another_aggregate()
      throws Exception {
    var hot = new Aggregate("test", "hot");
    List<String> neighbours = inSlotOf(hot).limit(2).toList();
    backlog(hot, 1, 20_000);
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event(neighbours.get(0), 1));
      backlog(hot, 20_001, 40_000);
      commit(event(neighbours.get(1), 1));
      start();
      await().until(() -> rowsOf(neighbours.get(1)) == 0);
      slow.commit();
    }
    await().until(() -> rowsOf(neighbours.get(0)) == 0);
    assertThat(rows()).as("rows of the backlog").isGreaterThan(0);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(40_000);
    assertThat(received.get(neighbours.get(0))).hasSize(1);
  }

  /** While the rows of the other one are being read. */
  @Test
  void what_is_new_does_not_wait_for_the_next_rows_of_another_aggregate() throws Exception {
    var hot = new Aggregate("test", "hot");
    String neighbour = inSlotOf(hot).findFirst().orElseThrow();
    backlog(hot, 1, 40_000);
    commit(event(neighbour, 1));
    var asked = new Semaphore(0);
    var answers = new Semaphore(Integer.MAX_VALUE);
    start(
        sql -> {
          if (sql.matches(LANE)) {
            asked.release();
            answers.acquire();
          }
        });
    await().until(() -> rowsOf(neighbour) == 0);
    asked.drainPermits();
    answers.drainPermits();
    for (int i = 0; i < 8; i++) {
      assertThat(asked.tryAcquire(2, TimeUnit.MINUTES)).isTrue();
      commit(event(neighbour, 2));
      // The round that reads the next rows, if there is room for any, finds the event first.
      answers.release();
      await().until(() -> rowsOf(neighbour) == 0);
    }
    answers.release(Integer.MAX_VALUE / 2);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(40_000);
    assertThat(received.get(neighbour)).hasSize(9);
  }

  @Test
  void a_backlog_takes_half_of_the_time_at_most_while_others_rows_come() throws Exception {
    var hot = new Aggregate("test", "hot");
    backlog(hot, 1, 5_000);
    var others = new AtomicInteger();
    var looked = new AtomicBoolean();
    List<Long> rounds = new CopyOnWriteArrayList<>();
    start(
        sql -> {
          if (sql.matches(LOOK_FOR_ROWS) && rounds.size() < 10) {
            // Each look finds something.
            commit(event("other", others.incrementAndGet()));
            looked.set(true);
          } else if (sql.matches(LANE) && looked.getAndSet(false)) {
            rounds.add(System.nanoTime());
            Thread.sleep(100);
          }
        });
    awaitEmpty();
    // The first ones may have been before a look for rows found all there was.
    for (int i = 3; i < 10; i++) {
      assertThat(Duration.ofNanos(rounds.get(i) - rounds.get(i - 1)))
          .isGreaterThanOrEqualTo(Duration.ofMillis(200));
    }
    var received = received();
    assertChains(received);
    assertThat(received.get(hot.id())).hasSize(5_000);
    assertThat(received.get("other")).hasSize(others.get());
  }

  @Test
  void while_one_slot_is_behind_rows_of_others_come_with_the_look_for_them() throws Exception {
    var hot = new Aggregate("test", "hot");
    var other = new Aggregate("test", "other");
    // Of many aggregates: the rows of one alone would be read apart from its slot.
    for (String id : inSlotOf(hot).limit(150).toList()) {
      backlog(new Aggregate("test", id), 1, 100);
    }
    var looks = new AtomicInteger();
    var looksWhileBehind = new AtomicInteger();
    var readsOfOther = new AtomicInteger();
    start(
        sql -> {
          if (sql.matches(LOOK_FOR_ROWS) && looks.get() < 100) {
            if (looks.incrementAndGet() > 1) {
              commit(event(other.id(), looks.get()));
            }
          } else if (sql.startsWith("(SELECT slot, id, aggregate_type")) {
            if (looks.get() > 1
                && sql.contains(String.format(Locale.ROOT, "slot = %d ", other.slot()))) {
              readsOfOther.incrementAndGet();
            }
            if (sql.contains(String.format(Locale.ROOT, "slot = %d ", hot.slot()))) {
              looksWhileBehind.set(looks.get() - 1);
              Thread.sleep(150);
            }
          }
        });
    awaitEmpty();
    assertThat(looksWhileBehind).hasValueGreaterThan(3);
    assertThat(readsOfOther).hasValue(0);
    assertChains(received());
  }

  @Test
  void looks_behind_take_a_fifth_of_the_time_at_most_while_slots_are_behind() throws Exception {
    var first = new Aggregate("test", "first");
    for (String id : inSlotOf(first).limit(200).toList()) {
      backlog(new Aggregate("test", id), 1, 100);
    }
    List<Long> reads = new CopyOnWriteArrayList<>();
    var looks = new AtomicInteger();
    start(
        sql -> {
          if (reads.size() == 30) {
            return;
          }
          if (sql.startsWith("(SELECT slot, id, event_id") && !reads.isEmpty()) {
            looks.incrementAndGet();
            Thread.sleep(100);
          } else if (sql.startsWith("(SELECT slot, id, aggregate_type")
              && sql.contains(String.format(Locale.ROOT, "slot = %d ", first.slot()))) {
            reads.add(System.nanoTime());
            Thread.sleep(100);
          }
        });
    awaitEmpty();
    assertThat(reads).hasSize(30);
    Duration behind = Duration.ofNanos(reads.getLast() - reads.getFirst());
    assertThat(looks)
        .hasValueGreaterThan(2)
        // At its end there may be one that looks at three kinds of places, each by a query.
        .hasValueLessThanOrEqualTo(3 + (int) behind.dividedBy(Duration.ofMillis(500)));
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(20_000);
  }

  @Test
  void counting_the_backlog_holds_up_nothing_and_may_fail() throws Exception {
    backlog(new Aggregate("test", "hot"), 1, 20_000);
    var counts = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    Relay loops =
        start(
            sql -> {
              if (sql.contains("COUNT(*) FROM (SELECT 1")) {
                counts.countDown();
                over.await();
                throw new SQLException("no count");
              }
            });
    assertThat(counts.await(2, TimeUnit.MINUTES)).isTrue();
    awaitEmpty();
    over.countDown();
    commit(event("next", 1));
    awaitEmpty();
    assertThat(loops.trouble()).isEmpty();
  }
}
