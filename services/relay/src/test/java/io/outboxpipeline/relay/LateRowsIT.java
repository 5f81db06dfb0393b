package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows that become visible behind what was read. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class LateRowsIT extends RelayOnDatabase {

  LateRowsIT(TestDatabase server) {
    super(server);
  }

  @Test
  void an_error_amid_a_look_behind_costs_neither_a_row_nor_the_order() throws Exception {
    var looks = new AtomicInteger();
    start(
        sql -> {
          if (sql.startsWith("(SELECT slot, id, event_id") && looks.incrementAndGet() % 2 == 1) {
            throw new SQLException("no answer");
          }
        });
    for (int i = 0; i < 3; i++) {
      try (Connection slow = database.dataSource().getConnection()) {
        slow.setAutoCommit(false);
        Outbox.append(slow, event("slow" + i, 1));
        commit(event("fast" + i, 1));
        awaitEmpty();
        await().pollDelay(Duration.ofMillis(600)).until(() -> true);
        slow.commit();
      }
      // Only a look behind finds it.
      awaitEmpty();
      commit(event("slow" + i, 2));
      awaitEmpty();
    }
    assertThat(looks).as("looks behind").hasValueGreaterThan(3);
    var received = received();
    assertChains(received);
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(9);
  }

  @Test
  void a_row_that_commits_behind_what_was_read_is_sent_before_its_successor() throws Exception {
    start();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 50; i++) {
        commit(event("fast" + i, i));
      }
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(600)).until(() -> true);
      slow.commit();
    }
    commit(event("slow", 2));
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  /** As when the database does not answer. */
  @Test
  void a_row_that_commits_late_while_reading_stands_still_is_sent_before_its_successor()
      throws Exception {
    var maxTransaction = Duration.ofSeconds(3);
    var waits = new CountDownLatch(1);
    var standsStill = new AtomicBoolean();
    var goesOn = new CountDownLatch(1);
    start(
        sql -> {
          if (standsStill.get() && sql.startsWith("SELECT") && !sql.contains("obt_quarantine")) {
            waits.countDown();
            goesOn.await();
          }
        },
        maxTransaction);
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 10; i++) {
        commit(event("fast", i));
      }
      awaitEmpty();
      standsStill.set(true);
      assertThat(waits.await(2, TimeUnit.MINUTES)).isTrue();
      slow.commit();
    }
    commit(event("slow", 2));
    await().pollDelay(maxTransaction.plusSeconds(1)).until(() -> true);
    goesOn.countDown();
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  @Test
  void a_late_row_that_was_found_and_could_not_be_read_is_sent_before_its_successor()
      throws Exception {
    var maxTransaction = Duration.ofSeconds(3);
    var fails = new AtomicBoolean();
    var failed = new AtomicInteger();
    start(
        sql -> {
          if (fails.get() && sql.contains(" AND id IN (")) {
            failed.incrementAndGet();
            throw new SQLException("no answer");
          }
        },
        maxTransaction);
    // So that its slot is read beyond the late row, which is then read by its key.
    String fast = inSlotOf(new Aggregate("test", "slow")).findFirst().orElseThrow();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      for (int i = 0; i < 10; i++) {
        commit(event(fast, i));
      }
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(600)).until(() -> true);
      fails.set(true);
      slow.commit();
    }
    await().until(() -> failed.get() > 1);
    await().pollDelay(maxTransaction.plusSeconds(2)).until(() -> true);
    commit(event("slow", 2));
    fails.set(false);
    awaitEmpty();
    var received = received();
    assertChains(received);
    assertThat(received.get("slow")).hasSize(2);
  }

  @Test
  void a_row_that_commits_late_into_silence_is_sent_within_seconds() throws Exception {
    start();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", 1));
      commit(event("fast", 1));
      awaitEmpty();
      await().pollDelay(Duration.ofMillis(1500)).until(() -> true);
      slow.commit();
    }
    await().atMost(Duration.ofSeconds(40)).until(() -> rows() == 0);
    assertThat(received().get("slow")).hasSize(1);
  }
}
