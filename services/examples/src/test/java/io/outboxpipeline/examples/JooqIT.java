package io.outboxpipeline.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.receiver.Transactions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** jOOQ without a framework: what its transactions commit and roll back. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JooqIT {
  private static final NewEvent EVENT =
      NewEvent.json(new Aggregate("order", "outside"), "order.placed", "{}");

  private final Database database = TestDatabase.preferred().create();
  private final DSLContext jooq = DSL.using(database.dataSource(), SQLDialect.MYSQL);

  @BeforeAll
  void tables() {
    Migrations.outbox(database.dataSource());
    Migrations.inbox(database.dataSource());
    database.execute(
        "CREATE TABLE orders (id VARCHAR(64) PRIMARY KEY)",
        "CREATE TABLE copies (id VARCHAR(64) PRIMARY KEY)");
  }

  private List<Long> written(String id) {
    return List.of(
        database.number("SELECT COUNT(*) FROM orders WHERE id = '" + id + "'"),
        database.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '" + id + "'"));
  }

  @Test
  void the_order_and_its_event_are_committed_together() {
    new JooqOrders(jooq).place("one");
    assertThat(written("one")).containsExactly(1L, 1L);
  }

  /** jOOQ rolls back for a checked exception, too. */
  @Test
  void any_exception_rolls_both_back() {
    for (Exception thrown : List.of(new IllegalStateException("no"), new IOException("no"))) {
      assertThatThrownBy(
              () ->
                  jooq.transaction(
                      tx -> {
                        new JooqOrders(tx.dsl()).place("two");
                        throw thrown;
                      }))
          .hasStackTraceContaining("no");
      assertThat(written("two")).containsExactly(0L, 0L);
    }
  }

  @Test
  void a_nested_transaction_that_is_rolled_back_takes_its_event_along() {
    jooq.transaction(
        tx -> {
          new JooqOrders(tx.dsl()).place("outer");
          assertThatThrownBy(
                  () ->
                      tx.dsl()
                          .transaction(
                              nested -> {
                                new JooqOrders(nested.dsl()).place("inner");
                                throw new IllegalStateException("no");
                              }))
              .hasStackTraceContaining("no");
        });
    assertThat(written("outer")).containsExactly(1L, 1L);
    assertThat(written("inner")).containsExactly(0L, 0L);
  }

  @Test
  void outside_of_a_transaction_append_refuses() {
    assertThatThrownBy(() -> jooq.connection(c -> Outbox.append(c, EVENT)))
        .hasStackTraceContaining("transaction");
    assertThat(written("outside")).containsExactly(0L, 0L);
  }

  @Test
  void a_handler_writes_by_jooq_in_the_inboxs_transaction() throws SQLException {
    var received =
        new Received(
            new Event(
                UUID.randomUUID(),
                new Aggregate("order", "copied"),
                1,
                "order.placed",
                Instant.now(),
                Event.JSON,
                "{}".getBytes(UTF_8),
                Map.of()),
            "/outbox/test",
            1);
    var inbox = new Inbox(Start.AT_ONE);
    for (int i = 0; i < 2; i++) {
      Transactions.of(database.dataSource())
          .run(c -> inbox.receive(c, List.of(received), JooqOrders.copying()));
    }
    assertThat(database.number("SELECT COUNT(*) FROM copies WHERE id = 'copied'")).isEqualTo(1);
  }
}
