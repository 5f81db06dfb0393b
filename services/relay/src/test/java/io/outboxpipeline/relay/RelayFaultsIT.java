package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole relays in states that a database gets into. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class RelayFaultsIT extends RunningRelays {

  RelayFaultsIT(TestDatabase server) {
    super(server);
  }

  @Test
  void the_neighbours_of_a_held_aggregate_do_not_wait_for_ids_that_no_row_has() throws Exception {
    database.execute("ALTER TABLE obt AUTO_INCREMENT = 500000000");
    commit(event("held", "{\"x\":\"" + "y".repeat(300_000) + "\"}"));
    RelayService first = relay();
    await().until(() -> database.number("SELECT COUNT(*) FROM obt_quarantine") == 1);
    relays.remove(first);
    first.close();
    awaitReady(relay());
    commit(event(inSlotOf("held").findFirst().orElseThrow(), "{}"));
    await().atMost(SOON).until(() -> rows() == 1);
  }

  @Test
  void a_table_that_was_emptied_while_a_relay_runs_is_read_from_its_start() throws Exception {
    awaitReady(relay());
    for (int i = 0; i < 50; i++) {
      commit(event("a" + i, "{}"));
    }
    await().atMost(SOON).until(() -> rows() == 0);
    // Long enough that what was read counts as settled.
    await().pollDelay(Duration.ofMillis(1500)).until(() -> true);
    database.execute("TRUNCATE TABLE obt");
    commit(event("b", "{}"));
    await().atMost(SOON).until(() -> rows() == 0);
  }

  @Test
  void an_open_transaction_of_a_writer_holds_up_no_delete() throws Exception {
    awaitReady(relay());
    List<String> ids = inSlotOf("slow").limit(60).toList();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", "{}"));
      commit(ids.stream().map(id -> event(id, "{}")).toArray(NewEvent[]::new));
      await().atMost(SOON).until(() -> rows() == 0);
      slow.commit();
    }
    await().atMost(SOON).until(() -> rows() == 0);
  }

  @Test
  void sending_stops_while_what_was_sent_cannot_be_deleted() throws Exception {
    database.execute(
        "CREATE TRIGGER no_delete BEFORE DELETE ON obt FOR EACH ROW"
            + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'");
    RelayService relay = relay();
    awaitReady(relay);
    for (int i = 0; i < 60; i++) {
      commit(
          IntStream.range(i * 100, i * 100 + 100)
              .mapToObj(n -> event("a" + n, "{}"))
              .toArray(NewEvent[]::new));
    }
    await().until(() -> ready(relay).contains("not now"));
    await().during(Duration.ofSeconds(3)).until(() -> sent(relay) < 4_000);
    database.execute("DROP TRIGGER no_delete");
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }

  /** It answers what it is asked, and takes no message. */
  @Test
  void a_queue_that_takes_nothing_is_trouble_until_it_takes_something() throws Exception {
    RelayService relay = relay();
    awaitReady(relay);
    sqs.set(new FaultySqs.Faults(1, 0, 0));
    commit(event("a", "{}"));
    await().until(() -> ready(relay).startsWith("503"));
    await().during(Duration.ofSeconds(8)).until(() -> ready(relay).startsWith("503"));
    sqs.set(FaultySqs.Faults.NONE);
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }

  @Test
  void rows_that_another_program_wrote_badly_hold_their_own_aggregates_alone() throws Exception {
    RelayService relay = relay();
    awaitReady(relay);
    for (String[] bad :
        new String[][] {
          {"empty1", "1", ""},
          {"empty2", "1", ""},
          {"noUuid", "1", "not a UUID"},
          {"huge", "18446744073709551615", "00000000-0000-7000-8000-000000000001"}
        }) {
      database.execute(
          """
          INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)
          VALUES (%s, 'test', '%s', %s, '%s', 't', 'application/json', '{}')
          """
              .formatted(new Aggregate("test", bad[0]).slot(), bad[0], bad[1], bad[2]));
    }
    commit(event("good", "{}"));
    await().until(() -> rows() == 4 && database.number("SELECT COUNT(*) FROM obt_quarantine") == 4);
    assertThat(
            database.number(
                "SELECT COUNT(DISTINCT event_id) FROM obt_quarantine WHERE event_id LIKE '%-%-%-%-%'"))
        .isEqualTo(4);
    assertThat(ready(relay)).startsWith("200");
  }
}
