package io.outboxpipeline.spring.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.outboxpipeline.inbox.Held;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.receiver.Receiver;
import io.outboxpipeline.spring.OutboxTemplate;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.SharedEntityManagerCreator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** An application with JPA that sends by its outbox and receives its own events again. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
final class ReceiverApplicationIT {
  private Broker broker;
  private Database database;
  private ConfigurableApplicationContext context;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @AutoConfigurationPackage
  static class Application {
    @Bean
    Copies copies(JdbcTemplate jdbc, OutboxTemplate outbox) {
      return new Copies(jdbc, outbox);
    }

    @Bean
    Placing placing(EntityManagerFactory factory, Copies copies) {
      return new Placing(SharedEntityManagerCreator.createSharedEntityManager(factory), copies);
    }

    @Bean
    SqsCustomizer anonymous() {
      return builder -> builder.credentialsProvider(AnonymousCredentialsProvider.create());
    }
  }

  @Entity
  @Table(name = "copied_order")
  static class CopiedOrder {
    @Id String id = "";
    String note = "";
  }

  record Placed(String id, String note) {}

  static class Copies {
    private final JdbcTemplate jdbc;
    private final OutboxTemplate outbox;
    final AtomicInteger failures = new AtomicInteger();
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    Copies(JdbcTemplate jdbc, OutboxTemplate outbox) {
      this.jdbc = jdbc;
      this.outbox = outbox;
    }

    void log(Event event) {
      jdbc.update(
          "INSERT INTO copy_log (order_id, type, sequence) VALUES (?, ?, ?)",
          event.aggregate().id(),
          event.type(),
          event.sequence());
    }

    @OutboxListener(type = "order.paid")
    public void paid(Event event) {
      log(event);
      outbox.append(
          new Aggregate("invoice", event.aggregate().id()), "invoice.due", Map.of("due", true));
    }

    @OutboxListener(type = "order.flaky")
    public void flaky(Event event) {
      log(event);
      if (failures.incrementAndGet() < 3) {
        throw new IllegalStateException("not now");
      }
    }

    @OutboxListener(type = "order.slow")
    public void slow(Event event) throws InterruptedException {
      entered.countDown();
      goOn.await();
      log(event);
    }
  }

  /** Behind a proxy, whose transaction is the inbox's. */
  static class Placing {
    private final EntityManager entities;
    private final Copies copies;

    Placing(EntityManager entities, Copies copies) {
      this.entities = entities;
      this.copies = copies;
    }

    /** Writes by JPA, which may hold it back until the commit, and by JDBC, and looks only then. */
    @Transactional
    @OutboxListener(type = "order.placed")
    public void placed(Event event, Placed placed) {
      var copy = new CopiedOrder();
      copy.id = placed.id();
      copy.note = placed.note();
      entities.persist(copy);
      copies.log(event);
      if (placed.note().endsWith("flushed")) {
        entities.flush();
      }
      if (placed.note().startsWith("bad")) {
        throw new EventRejectedException("orders with this note are not known");
      }
    }
  }

  @BeforeAll
  void start() {
    broker = new Broker();
    database = TestDatabase.preferred().create();
    context =
        new SpringApplicationBuilder(Application.class)
            .web(WebApplicationType.NONE)
            .registerShutdownHook(false)
            .properties(
                "spring.datasource.url=" + database.jdbcUrl(),
                "spring.datasource.username=" + database.user(),
                "spring.datasource.password=" + database.password(),
                "spring.sql.init.mode=always",
                "spring.sql.init.schema-locations=classpath:sample/copy.sql",
                "spring.jpa.hibernate.ddl-auto=validate",
                "spring.flyway.enabled=false",
                "spring.main.banner-mode=off",
                "spring.jmx.enabled=false",
                "logging.level.root=warn")
            .properties(broker.properties())
            .run();
  }

  @AfterAll
  void stop() {
    if (context != null) {
      context.close();
    }
    broker.close();
  }

  /** Appends in the application's own transaction, and relays. */
  private void place(String id, List<String> types, String note) throws SQLException {
    var outbox = context.getBean(OutboxTemplate.class);
    new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
        .executeWithoutResult(
            status ->
                types.forEach(
                    type -> outbox.append(new Aggregate("order", id), type, new Placed(id, note))));
    broker.relay(database.dataSource(), "order");
  }

  private long count(String table, String where) {
    return database.number("SELECT COUNT(*) FROM " + table + " WHERE " + where);
  }

  private Receiver receiver() {
    return context.getBean(OutboxReceiver.class).current().orElseThrow();
  }

  private List<Held> rejected(String id) throws SQLException {
    return receiver().decisions().rejected(100).stream()
        .filter(h -> h.chain().aggregate().id().equals(id))
        .toList();
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  @Test
  void an_event_is_applied_with_what_its_listener_writes_by_jpa_by_jdbc_and_to_the_outbox()
      throws Exception {
    String id = newId();
    place(id, List.of("order.placed", "order.paid"), "fine");
    await()
        .untilAsserted(() -> assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(2));
    assertThat(count("copied_order", "id='" + id + "'")).isEqualTo(1);
    await().untilAsserted(() -> assertThat(count("obt", "aggregate_id='" + id + "'")).isEqualTo(1));
    assertThat(
            count("obt", "aggregate_type='invoice' AND sequence=1 AND aggregate_id='" + id + "'"))
        .isEqualTo(1);
    await().untilAsserted(() -> assertThat(broker.held()).isZero());
    assertThat(context.getBean(MeterRegistry.class).counter("outbox.consumer.applied").count())
        .isGreaterThanOrEqualTo(2);
    assertThat(context.getBean(MeterRegistry.class).find("outbox.consumer.held.aggregates").gauge())
        .isNotNull();
  }

  @Test
  void an_event_that_comes_again_is_applied_once() {
    String id = newId();
    var event =
        new Event(
            UUID.randomUUID(),
            new Aggregate("order", id),
            1,
            "order.paid",
            Instant.now(),
            Event.JSON,
            "{}".getBytes(UTF_8),
            Map.of());
    broker.send(event);
    broker.send(event);
    await()
        .untilAsserted(() -> assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(1));
    await().untilAsserted(() -> assertThat(broker.held()).isZero());
    assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(1);
  }

  /** After a rollback to a savepoint the session would still write what it held back. */
  @ParameterizedTest
  @ValueSource(strings = {"bad", "bad, and flushed"})
  void what_a_rejecting_listener_wrote_by_jpa_is_rolled_back_and_the_rejection_is_kept(String note)
      throws Exception {
    String bad = newId();
    String good = newId();
    place(good, List.of("order.placed"), "fine");
    place(bad, List.of("order.paid", "order.placed", "order.paid"), note);
    // The third comes in a message of its own, perhaps later.
    await()
        .untilAsserted(
            () -> assertThat(rejected(bad)).extracting(Held::waiting).containsExactly(1L));
    Held held = rejected(bad).get(0);
    assertThat(held.reason()).isEqualTo("orders with this note are not known");
    assertThat(held.event().sequence()).isEqualTo(2);
    assertThat(count("copied_order", "id='" + bad + "'")).isZero();
    assertThat(count("copy_log", "order_id='" + bad + "'")).as("only the first").isEqualTo(1);
    await()
        .untilAsserted(() -> assertThat(count("copied_order", "id='" + good + "'")).isEqualTo(1));
    await().untilAsserted(() -> assertThat(broker.held()).isZero());

    assertThat(receiver().decisions().discard(held.chain(), 2, c -> {})).isPresent();
    assertThat(count("copy_log", "order_id='" + bad + "'")).isEqualTo(2);
    assertThat(count("copied_order", "id='" + bad + "'")).isZero();
  }

  @Test
  void an_unknown_type_is_kept_with_its_reason() throws Exception {
    String id = newId();
    place(id, List.of("order.unheard-of"), "fine");
    await().untilAsserted(() -> assertThat(rejected(id)).hasSize(1));
    assertThat(rejected(id).get(0).reason()).contains("order.unheard-of");
  }

  @Test
  void a_listener_that_fails_is_rolled_back_and_called_again() throws Exception {
    String id = newId();
    place(id, List.of("order.flaky"), "fine");
    await()
        .untilAsserted(() -> assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(1));
    assertThat(context.getBean(Copies.class).failures).hasValueGreaterThanOrEqualTo(3);
    await().untilAsserted(() -> assertThat(broker.held()).isZero());
    assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(1);
  }

  @Test
  void stopping_finishes_what_is_in_hand_and_starting_goes_on() throws Exception {
    String id = newId();
    var copies = context.getBean(Copies.class);
    var lifecycle = context.getBean(OutboxReceiver.class);
    place(id, List.of("order.slow"), "fine");
    copies.entered.await();
    var stopped = new CountDownLatch(1);
    lifecycle.stop(stopped::countDown);
    copies.goOn.countDown();
    stopped.await();
    assertThat(lifecycle.isRunning()).isFalse();
    assertThat(count("copy_log", "order_id='" + id + "'")).isEqualTo(1);
    assertThat(broker.held()).as("acknowledged").isZero();
    lifecycle.start();
    String next = newId();
    place(next, List.of("order.paid"), "fine");
    await()
        .untilAsserted(() -> assertThat(count("copy_log", "order_id='" + next + "'")).isEqualTo(1));
  }
}
