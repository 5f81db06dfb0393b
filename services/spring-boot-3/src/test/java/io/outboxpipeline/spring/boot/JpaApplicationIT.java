package io.outboxpipeline.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.spring.OutboxTemplate;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.util.List;
import java.util.UUID;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.transaction.annotation.Transactional;

/** An application with JPA and jOOQ, whose entities are validated against the database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
final class JpaApplicationIT {
  private Database database;
  private ConfigurableApplicationContext context;
  private Orders orders;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @AutoConfigurationPackage
  static class Application {
    @Bean
    Orders orders(EntityManagerFactory factory, OutboxTemplate outbox, DSLContext jooq) {
      return new Orders(
          SharedEntityManagerCreator.createSharedEntityManager(factory), outbox, jooq);
    }
  }

  /** The application's own table, which its script makes. */
  @Entity
  @Table(name = "orders")
  static class Order {
    @Id String id = "";
    String note = "";
  }

  /** Validated when the application starts, so the outbox's tables must be there before. */
  @Entity
  @Table(name = "obt_source")
  static class Source {
    @Id byte id;
    @org.jspecify.annotations.Nullable String source;
  }

  record Payload(String note) {}

  static class Orders {
    private final OutboxTemplate outbox;
    private final DSLContext jooq;
    private final EntityManager entities;

    Orders(EntityManager entities, OutboxTemplate outbox, DSLContext jooq) {
      this.entities = entities;
      this.outbox = outbox;
      this.jooq = jooq;
    }

    @Transactional
    public long place(String id, String note) {
      var order = new Order();
      order.id = id;
      order.note = note;
      entities.persist(order);
      outbox.append(new Aggregate("order", id), "order.placed", new Payload(note));
      return jooq.fetchCount(DSL.table("orders"), DSL.field("id").eq(id));
    }

    @Transactional
    public void placeByJooq(String id, boolean fail) {
      jooq.insertInto(DSL.table("orders"), DSL.field("id"), DSL.field("note"))
          .values(id, id.substring(0, 20))
          .execute();
      outbox.append(new Aggregate("order", id), "order.placed", new Payload("jooq"));
      if (fail) {
        throw new IllegalStateException("fail");
      }
    }

    @Transactional(readOnly = true)
    public void placeReadOnly(String id) {
      outbox.append(new Aggregate("order", id), "order.placed", new Payload("never"));
    }
  }

  @BeforeAll
  void start() {
    database = TestDatabase.preferred().create();
    context =
        Sample.start(
            Application.class,
            Sample.properties(
                database,
                "spring.jpa.hibernate.ddl-auto=validate",
                "spring.jpa.open-in-view=false",
                "spring.jooq.sql-dialect=MYSQL"));
    orders = context.getBean(Orders.class);
  }

  @AfterAll
  void stop() {
    if (context != null) {
      context.close();
    }
  }

  private List<Long> written(String id) {
    return List.of(
        database.number("SELECT COUNT(*) FROM orders WHERE id = '" + id + "'"),
        database.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '" + id + "'"));
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  @Test
  void what_is_persisted_is_in_the_database_before_its_event() {
    String id = newId();
    assertThat(orders.place(id, id.substring(0, 20))).isEqualTo(1);
    assertThat(written(id)).containsExactly(1L, 1L);
    assertThat(
            database.number(
                "SELECT COUNT(*) FROM obt WHERE aggregate_id = '"
                    + id
                    + "' AND CONVERT(payload USING utf8mb4) LIKE '{\"note\":%'"))
        .isEqualTo(1);
  }

  /** The business change fails first, with its own exception, and takes no number. */
  @Test
  void a_change_that_the_database_refuses_fails_before_the_event_is_written() {
    String first = newId();
    String second = newId();
    orders.place(first, "same " + first.substring(0, 8));
    assertThatThrownBy(() -> orders.place(second, "same " + first.substring(0, 8)))
        .isInstanceOf(DataIntegrityViolationException.class);
    assertThat(written(second)).containsExactly(0L, 0L);
    assertThat(
            database.number(
                "SELECT COUNT(*) FROM obt_aggregate WHERE aggregate_id = '" + second + "'"))
        .isZero();
  }

  @Test
  void jooq_writes_in_the_same_transaction() {
    String committed = newId();
    orders.placeByJooq(committed, false);
    assertThat(written(committed)).containsExactly(1L, 1L);
    String rolledBack = newId();
    assertThatThrownBy(() -> orders.placeByJooq(rolledBack, true)).hasMessage("fail");
    assertThat(written(rolledBack)).containsExactly(0L, 0L);
  }

  @Test
  void a_read_only_transaction_is_refused() {
    String id = newId();
    assertThatThrownBy(() -> orders.placeReadOnly(id))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("read-only");
    assertThat(written(id)).containsExactly(0L, 0L);
  }
}
