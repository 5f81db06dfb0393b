package io.outboxpipeline.spring.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outboxpipeline.inbox.Start;
import io.outboxpipeline.receiver.ReceiverMeters;
import io.outboxpipeline.receiver.ReceiverMetrics;
import io.outboxpipeline.spring.OutboxTemplate;
import io.outboxpipeline.spring.boot.ReceiverProperties;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** What the real auto-configurations make of an application, each with a database of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
final class ReceiverAutoConfigurationIT {
  private Broker broker;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {
    @Bean
    SqsCustomizer anonymous() {
      return builder -> builder.credentialsProvider(AnonymousCredentialsProvider.create());
    }
  }

  static class Listener {
    @OutboxListener(type = "order.placed")
    public void placed(String payload) {}
  }

  static class AsyncListener {
    @OutboxListener(type = "order.placed")
    public Future<String> placed(String payload) {
      return CompletableFuture.completedFuture(payload);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class TwoManagers {
    @Bean
    PlatformTransactionManager one(DataSource database) {
      return new DataSourceTransactionManager(database);
    }

    @Bean
    PlatformTransactionManager two(DataSource database) {
      return new DataSourceTransactionManager(database);
    }
  }

  static class WithoutConnections extends AbstractPlatformTransactionManager {
    private static final long serialVersionUID = 1;

    @Override
    protected Object doGetTransaction() {
      return this;
    }

    @Override
    protected void doBegin(Object transaction, TransactionDefinition definition) {}

    @Override
    protected void doCommit(DefaultTransactionStatus status) {}

    @Override
    protected void doRollback(DefaultTransactionStatus status) {}
  }

  @BeforeAll
  void start() {
    broker = new Broker();
  }

  @AfterAll
  void stop() {
    broker.close();
  }

  private static Database database() {
    return TestDatabase.preferred().create();
  }

  private ApplicationContextRunner withoutQueue(Database database) {
    return new ApplicationContextRunner()
        .withUserConfiguration(Application.class)
        .withPropertyValues(
            "spring.autoconfigure.exclude="
                + "org.springframework.boot.autoconfigure.orm.jpa.HibernateJpaAutoConfiguration,"
                + "org.springframework.boot.autoconfigure.data.jpa.JpaRepositoriesAutoConfiguration,"
                + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
                + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration",
            "spring.datasource.url=" + database.jdbcUrl(),
            "spring.datasource.username=" + database.user(),
            "spring.datasource.password=" + database.password(),
            "spring.flyway.enabled=false",
            "spring.jmx.enabled=false");
  }

  private ApplicationContextRunner runner(Database database) {
    return withoutQueue(database).withPropertyValues(broker.properties()).withBean(Listener.class);
  }

  private static long tables(Database database, String like) {
    return database.number(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE '"
            + like
            + "'");
  }

  /** As an application that receives and never sends. */
  @Test
  void without_the_sender_there_are_only_the_inboxs_tables() {
    Database database = database();
    runner(database)
        .withClassLoader(new FilteredClassLoader(OutboxTemplate.class))
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context.getBean(OutboxReceiver.class).isRunning()).isTrue();
              assertThat(context).hasSingleBean(ReceiverMetrics.class);
              assertThat(context).hasSingleBean(ReceiverMeters.class);
              assertThat(tables(database, "inbox%")).isGreaterThan(2);
              assertThat(tables(database, "obt%")).isZero();
            });
  }

  @Test
  void without_a_queue_there_is_no_receiver() {
    Database database = database();
    withoutQueue(database)
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(OutboxReceiver.class);
              assertThat(tables(database, "inbox%")).isZero();
            });
  }

  @Test
  void what_cannot_work_ends_the_start_with_a_sentence() {
    Database database = database();
    var queue = withoutQueue(database).withPropertyValues(broker.properties());
    queue.run(
        context ->
            assertThat(context).getFailure().hasMessageContaining("there is no @OutboxListener"));
    queue
        .withBean(AsyncListener.class)
        .run(
            context ->
                assertThat(context).getFailure().hasMessageContaining("placed returns Future"));
    runner(database)
        .withUserConfiguration(TwoManagers.class)
        .withPropertyValues("outboxpipeline.outbox.transaction-manager=one")
        .run(
            context ->
                assertThat(context).getFailure().rootCause().hasMessageContaining("one, two"));
  }

  @Test
  void one_of_several_managers_can_be_named() {
    runner(database())
        .withUserConfiguration(TwoManagers.class)
        .withPropertyValues(
            "outboxpipeline.outbox.transaction-manager=one",
            "outboxpipeline.receiver.transaction-manager=two")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              await()
                  .until(
                      () ->
                          context
                              .getBean(OutboxReceiver.class)
                              .current()
                              .orElseThrow()
                              .queueReached());
            });
  }

  /** As JTA's is: what its transactions commit is nothing of the inbox's. */
  @Test
  void a_manager_that_binds_no_jdbc_connection_ends_the_start() {
    runner(database())
        .withUserConfiguration(TwoManagers.class)
        .withBean("other", PlatformTransactionManager.class, WithoutConnections::new)
        .withPropertyValues(
            "outboxpipeline.outbox.transaction-manager=one",
            "outboxpipeline.receiver.transaction-manager=other")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("binds no JDBC connection"));
  }

  @Test
  void health_is_up_while_events_arrive_and_unknown_otherwise() {
    Database database = database();
    runner(database)
        .run(
            context ->
                await()
                    .untilAsserted(
                        () ->
                            assertThat(health(context.getBean("outboxReceiverHealthIndicator")))
                                .contains("UP")
                                .contains("held=0")));
    runner(database)
        .withPropertyValues("outboxpipeline.receiver.queue=not-there.fifo")
        .run(
            context ->
                await()
                    .untilAsserted(
                        () ->
                            assertThat(health(context.getBean("outboxReceiverHealthIndicator")))
                                .contains("UNKNOWN")
                                .contains("queue=the queue cannot be used")));
    runner(database)
        .withPropertyValues("outboxpipeline.receiver.auto-startup=false")
        .run(
            context -> {
              assertThat(context.getBean(OutboxReceiver.class).isRunning()).isFalse();
              assertThat(health(context.getBean("outboxReceiverHealthIndicator")))
                  .contains("UNKNOWN")
                  .contains("does not run");
            });
    runner(database)
        .withPropertyValues("management.health.outbox-receiver.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean("outboxReceiverHealthIndicator"));
  }

  /** Its type is another one in each line. */
  private static String health(Object indicator) throws ReflectiveOperationException {
    var method = indicator.getClass().getDeclaredMethod("health");
    method.setAccessible(true);
    return method.invoke(indicator).toString();
  }

  @Test
  void every_setting_is_in_the_metadata_and_can_be_set() throws IOException {
    Map<String, String> values =
        Map.ofEntries(
            Map.entry("queue", "q"),
            Map.entry("dead-letter-queue", "d"),
            Map.entry("endpoint", "http://localhost:1"),
            Map.entry("region", "eu-central-1"),
            Map.entry("loops", "3"),
            Map.entry("poll-wait", "5s"),
            Map.entry("start", "at-first-seen"),
            Map.entry("auto-startup", "false"),
            Map.entry("data-source", "a"),
            Map.entry("transaction-manager", "b"),
            Map.entry("migrations.enabled", "false"));
    var source = new MapConfigurationPropertySource();
    values.forEach((name, value) -> source.put("outboxpipeline.receiver." + name, value));
    assertThat(new Binder(source).bind("outboxpipeline.receiver", ReceiverProperties.class).get())
        .isEqualTo(
            new ReceiverProperties(
                "q",
                "d",
                URI.create("http://localhost:1"),
                "eu-central-1",
                3,
                Duration.ofSeconds(5),
                Start.AT_FIRST_SEEN,
                false,
                "a",
                "b",
                new ReceiverProperties.Migrations(false)));
    assertThat(documented())
        .containsAll(values.keySet().stream().map(n -> "outboxpipeline.receiver." + n).toList());
  }

  /** Several jars have such a file. */
  private static List<String> documented() throws IOException {
    List<String> names = new ArrayList<>();
    var all =
        ReceiverProperties.class
            .getClassLoader()
            .getResources("META-INF/spring-configuration-metadata.json");
    while (all.hasMoreElements()) {
      try (InputStream in = all.nextElement().openStream()) {
        new ObjectMapper()
            .readTree(in)
            .path("properties")
            .forEach(p -> names.add(p.path("name").asText()));
      }
    }
    return names;
  }
}
