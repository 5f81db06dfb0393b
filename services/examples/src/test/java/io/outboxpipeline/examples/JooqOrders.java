package io.outboxpipeline.examples;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;

/** Orders that are placed and copied by jOOQ. */
final class JooqOrders {
  private static final Table<?> ORDERS = DSL.table("orders");
  private static final Table<?> COPIES = DSL.table("copies");
  private static final Field<String> ID = DSL.field("id", String.class);

  private final DSLContext jooq;

  JooqOrders(DSLContext jooq) {
    this.jooq = jooq;
  }

  void place(String id) {
    jooq.transaction(
        tx -> {
          tx.dsl().insertInto(ORDERS, ID).values(id).execute();
          tx.dsl()
              .connection(
                  c ->
                      Outbox.append(
                          c, NewEvent.json(new Aggregate("order", id), "order.placed", "{}")));
        });
  }

  static EventHandler copying() {
    return (transaction, run) -> {
      DSLContext sql = DSL.using(transaction, SQLDialect.MYSQL);
      for (Event event : run) {
        sql.insertInto(COPIES, ID).values(event.aggregate().id()).execute();
      }
    };
  }
}
