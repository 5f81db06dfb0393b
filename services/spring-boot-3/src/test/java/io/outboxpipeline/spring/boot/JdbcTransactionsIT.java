package io.outboxpipeline.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.OutboxException;
import io.outboxpipeline.spring.OutboxTemplate;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Commit ⇔ event in an application with JDBC, two DataSources and a pool with auto-commit on or
 * off.
 */
@ParameterizedClass
@ValueSource(booleans = {true, false})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
@SuppressWarnings("NullAway.Init") // before each invocation
final class JdbcTransactionsIT {
  @Parameter boolean autoCommit;
  private Database database;
  private ConfigurableApplicationContext context;
  private OutboxTemplate outbox;
  private JdbcTemplate jdbc;
  private Orders orders;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {
    /** Wrapped, as a tracing library would do. */
    @Bean
    DataSource main(Environment env) {
      return new DelegatingDataSource(pool(env));
    }

    @Bean
    DataSource other(Environment env) {
      return pool(env);
    }

    private static DataSource pool(Environment env) {
      var pool =
          DataSourceBuilder.create()
              .type(HikariDataSource.class)
              .url(env.getRequiredProperty("spring.datasource.url"))
              .username(env.getRequiredProperty("spring.datasource.username"))
              .password(env.getRequiredProperty("spring.datasource.password"))
              .build();
      pool.setAutoCommit(env.getRequiredProperty("test.auto-commit", Boolean.class));
      pool.setMaximumPoolSize(4);
      return pool;
    }

    @Bean
    PlatformTransactionManager mainTransactions(DataSource main) {
      return new DataSourceTransactionManager(main);
    }

    @Bean
    PlatformTransactionManager otherTransactions(DataSource other) {
      return new DataSourceTransactionManager(other);
    }

    @Bean
    Orders orders(DataSource main, OutboxTemplate outbox, ApplicationEventPublisher events) {
      return new Orders(new JdbcTemplate(main), outbox, events);
    }

    @Bean
    Listener listener(OutboxTemplate outbox) {
      return new Listener(outbox);
    }
  }

  record Placed(String id) {}

  record Committing(String id) {}

  static class Orders {
    private final JdbcTemplate jdbc;
    private final OutboxTemplate outbox;
    private final ApplicationEventPublisher events;

    Orders(JdbcTemplate jdbc, OutboxTemplate outbox, ApplicationEventPublisher events) {
      this.jdbc = jdbc;
      this.outbox = outbox;
      this.events = events;
    }

    @Transactional("mainTransactions")
    public void place(String id) {
      write(id);
    }

    @Transactional("mainTransactions")
    public void placeAndFail(String id) {
      write(id);
      throw new IllegalStateException("unchecked");
    }

    @Transactional("mainTransactions")
    public void placeAndThrowChecked(String id) throws IOException {
      write(id);
      throw new IOException("checked");
    }

    @Transactional(transactionManager = "mainTransactions", rollbackFor = IOException.class)
    public void placeAndRollBackForChecked(String id) throws IOException {
      write(id);
      throw new IOException("checked");
    }

    @Transactional("mainTransactions")
    public void publish(Object event, String id) {
      jdbc.update("INSERT INTO orders VALUES (?, ?)", id, id.substring(0, 20));
      events.publishEvent(event);
    }

    private void write(String id) {
      jdbc.update("INSERT INTO orders VALUES (?, ?)", id, id.substring(0, 20));
      outbox.append(event(id));
    }
  }

  static class Listener {
    private final OutboxTemplate outbox;
    private final List<RuntimeException> failures = new ArrayList<>();

    Listener(OutboxTemplate outbox) {
      this.outbox = outbox;
    }

    @TransactionalEventListener
    public void afterCommit(Placed placed) {
      try {
        outbox.append(event(placed.id));
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }

    @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
    public void beforeCommit(Committing placed) {
      outbox.append(event(placed.id));
    }
  }

  @BeforeParameterizedClassInvocation
  void start() {
    database = TestDatabase.MARIADB.create();
    database.execute(
        "CREATE TABLE orders (id VARCHAR(36) NOT NULL PRIMARY KEY, note VARCHAR(20) NOT NULL UNIQUE)");
    List<String> properties =
        new ArrayList<>(List.of(Sample.properties(database, Sample.JDBC_ALONE)));
    properties.add("test.auto-commit=" + autoCommit);
    properties.add("spring.sql.init.mode=never");
    properties.add("outboxpipeline.outbox.data-source=main");
    properties.add("outboxpipeline.outbox.transaction-manager=mainTransactions");
    context = Sample.start(Application.class, properties.toArray(String[]::new));
    outbox = context.getBean(OutboxTemplate.class);
    orders = context.getBean(Orders.class);
    jdbc = new JdbcTemplate(context.getBean("main", DataSource.class));
    database.execute("ALTER TABLE obt ADD CONSTRAINT test_refuses CHECK (event_type <> 'refused')");
  }

  @AfterParameterizedClassInvocation
  void stop() {
    context.close();
  }

  private static NewEvent event(String id) {
    return NewEvent.json(new Aggregate("order", id), "order.placed", "{}");
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  private TransactionTemplate transactions(String manager, int propagation) {
    var template =
        new TransactionTemplate(context.getBean(manager, PlatformTransactionManager.class));
    template.setPropagationBehavior(propagation);
    return template;
  }

  private TransactionTemplate transactions() {
    return transactions("mainTransactions", TransactionDefinition.PROPAGATION_REQUIRED);
  }

  private void insert(String id) {
    jdbc.update("INSERT INTO orders VALUES (?, ?)", id, id.substring(0, 20));
  }

  /** How many orders and events there are of an id, as others see them. */
  private List<Long> written(String id) {
    return List.of(
        database.number("SELECT COUNT(*) FROM orders WHERE id = '" + id + "'"),
        database.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '" + id + "'"));
  }

  private void assertRefused(Consumer<String> append) {
    String id = newId();
    assertThatThrownBy(() -> append.accept(id)).isInstanceOf(IllegalStateException.class);
    assertThat(written(id)).containsExactly(0L, 0L);
  }

  @Test
  void what_is_committed_has_its_event() {
    String id = newId();
    orders.place(id);
    assertThat(written(id)).containsExactly(1L, 1L);
  }

  @Test
  void an_unchecked_exception_takes_both_back() {
    String id = newId();
    assertThatThrownBy(() -> orders.placeAndFail(id)).hasMessage("unchecked");
    assertThat(written(id)).containsExactly(0L, 0L);
  }

  @Test
  void a_checked_exception_commits_both_or_takes_both_back() {
    String committed = newId();
    assertThatThrownBy(() -> orders.placeAndThrowChecked(committed)).hasMessage("checked");
    assertThat(written(committed)).containsExactly(1L, 1L);
    String rolledBack = newId();
    assertThatThrownBy(() -> orders.placeAndRollBackForChecked(rolledBack)).hasMessage("checked");
    assertThat(written(rolledBack)).containsExactly(0L, 0L);
  }

  @Test
  void an_inner_transaction_of_its_own_stays_when_the_outer_one_goes() {
    String outer = newId();
    String inner = newId();
    assertThatThrownBy(
            () ->
                transactions()
                    .executeWithoutResult(
                        t -> {
                          insert(outer);
                          outbox.append(event(outer));
                          transactions(
                                  "mainTransactions",
                                  TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                              .executeWithoutResult(
                                  n -> {
                                    insert(inner);
                                    outbox.append(event(inner));
                                  });
                          outbox.append(event(outer));
                          throw new IllegalStateException("outer");
                        }))
        .hasMessage("outer");
    assertThat(written(outer)).containsExactly(0L, 0L);
    assertThat(written(inner)).containsExactly(1L, 1L);
  }

  @Test
  void a_savepoint_takes_its_events_back() {
    String outer = newId();
    String inner = newId();
    var nested = transactions("mainTransactions", TransactionDefinition.PROPAGATION_NESTED);
    transactions()
        .executeWithoutResult(
            t -> {
              insert(outer);
              outbox.append(event(outer));
              assertThatThrownBy(
                      () ->
                          nested.executeWithoutResult(
                              n -> {
                                insert(inner);
                                outbox.append(event(inner));
                                throw new IllegalStateException("inner");
                              }))
                  .hasMessage("inner");
            });
    assertThat(written(outer)).containsExactly(1L, 1L);
    assertThat(written(inner)).containsExactly(0L, 0L);
  }

  @Test
  void a_failed_append_in_a_savepoint_costs_the_savepoint_alone() {
    String outer = newId();
    var nested = transactions("mainTransactions", TransactionDefinition.PROPAGATION_NESTED);
    transactions()
        .executeWithoutResult(
            t -> {
              insert(outer);
              assertThatThrownBy(() -> nested.executeWithoutResult(n -> outbox.append(refused())))
                  .isInstanceOf(OutboxException.class);
              outbox.append(event(outer));
            });
    assertThat(written(outer)).containsExactly(1L, 1L);
  }

  @Test
  void after_a_failed_append_nothing_is_committed_even_if_the_exception_is_caught() {
    String id = newId();
    assertThatThrownBy(
            () ->
                transactions()
                    .executeWithoutResult(
                        t -> {
                          insert(id);
                          var nested =
                              transactions(
                                  "mainTransactions", TransactionDefinition.PROPAGATION_NESTED);
                          nested.executeWithoutResult(n -> {});
                          assertThatThrownBy(() -> outbox.append(refused()))
                              .isInstanceOf(OutboxException.class);
                        }))
        .isInstanceOf(OutboxException.class);
    assertThat(written(id)).containsExactly(0L, 0L);
  }

  /** Also one that comes so late that callbacks before the commit are over. */
  @Test
  void after_an_append_that_failed_in_a_callback_nothing_is_committed() {
    String id = newId();
    assertThatThrownBy(
            () ->
                transactions()
                    .executeWithoutResult(
                        t -> {
                          insert(id);
                          TransactionSynchronizationManager.registerSynchronization(
                              new TransactionSynchronization() {
                                @Override
                                public void beforeCompletion() {
                                  assertThatThrownBy(() -> outbox.append(refused()))
                                      .isInstanceOf(OutboxException.class);
                                }
                              });
                        }))
        .isInstanceOf(OutboxException.class);
    assertThat(written(id)).containsExactly(0L, 0L);
  }

  private static NewEvent refused() {
    return NewEvent.json(new Aggregate("order", "refused"), "refused", "{}");
  }

  @Test
  void without_a_transaction_append_is_refused_and_keeps_no_connection() {
    for (int i = 0; i < 6; i++) {
      assertRefused(id -> outbox.append(event(id)));
    }
    String id = newId();
    orders.place(id);
    assertThat(written(id)).containsExactly(1L, 1L);
  }

  @Test
  void a_transaction_of_another_manager_is_refused() {
    var other = transactions("otherTransactions", TransactionDefinition.PROPAGATION_REQUIRED);
    assertRefused(id -> other.executeWithoutResult(t -> outbox.append(event(id))));
    // Ours around it is suspended, so the event would not be the current transaction's.
    assertRefused(
        id ->
            transactions()
                .executeWithoutResult(
                    t -> other.executeWithoutResult(o -> outbox.append(event(id)))));
    // Someone has used our database in it.
    assertRefused(
        id ->
            other.executeWithoutResult(
                t -> {
                  jdbc.queryForObject("SELECT 1", Integer.class);
                  outbox.append(event(id));
                }));
  }

  @Test
  void a_refusal_before_the_commit_takes_the_change_back() {
    String id = newId();
    var inOther = new JdbcTemplate(context.getBean("other", DataSource.class));
    assertThatThrownBy(
            () ->
                transactions("otherTransactions", TransactionDefinition.PROPAGATION_REQUIRED)
                    .executeWithoutResult(
                        t -> {
                          inOther.update(
                              "INSERT INTO orders VALUES (?, ?)", id, id.substring(0, 20));
                          TransactionSynchronizationManager.registerSynchronization(
                              new TransactionSynchronization() {
                                @Override
                                public void beforeCommit(boolean readOnly) {
                                  outbox.append(event(id));
                                }
                              });
                        }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(written(id)).containsExactly(0L, 0L);
  }

  @Test
  void a_read_only_transaction_is_refused() {
    var readOnly = transactions();
    readOnly.setReadOnly(true);
    assertRefused(id -> readOnly.executeWithoutResult(t -> outbox.append(event(id))));
  }

  @Test
  void in_a_callback_after_the_commit_append_is_refused_and_a_new_transaction_works() {
    String refused = newId();
    String inNew = newId();
    List<RuntimeException> failures = new ArrayList<>();
    transactions()
        .executeWithoutResult(
            t ->
                TransactionSynchronizationManager.registerSynchronization(
                    new TransactionSynchronization() {
                      @Override
                      public void afterCommit() {
                        collect(failures, () -> outbox.append(event(refused)));
                        collect(failures, () -> orders.place(refused));
                        transactions(
                                "mainTransactions", TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                            .executeWithoutResult(n -> outbox.append(event(inNew)));
                      }

                      @Override
                      public void afterCompletion(int status) {
                        collect(failures, () -> outbox.append(event(refused)));
                        collect(
                            failures,
                            () ->
                                transactions()
                                    .executeWithoutResult(p -> outbox.append(event(refused))));
                      }
                    }));
    assertThat(failures)
        .hasSize(4)
        .allSatisfy(e -> assertThat(e).isInstanceOf(IllegalStateException.class));
    assertThat(written(refused).get(1)).isZero();
    assertThat(written(inNew)).containsExactly(0L, 1L);
  }

  private static void collect(List<RuntimeException> failures, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      failures.add(e);
    }
  }

  @Test
  void a_listener_after_the_commit_is_refused_and_one_before_it_is_part_of_it() {
    String after = newId();
    orders.publish(new Placed(after), after);
    assertThat(context.getBean(Listener.class).failures)
        .hasSize(1)
        .allSatisfy(e -> assertThat(e).isInstanceOf(IllegalStateException.class));
    assertThat(written(after)).containsExactly(1L, 0L);

    String before = newId();
    orders.publish(new Committing(before), before);
    assertThat(written(before)).containsExactly(1L, 1L);
  }
}
