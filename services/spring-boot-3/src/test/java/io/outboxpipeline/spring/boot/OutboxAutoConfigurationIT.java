package io.outboxpipeline.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.RecordedOutbox;
import io.outboxpipeline.spring.OutboxTemplate;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the real auto-configurations make of an application, each with a database of its own. */
@Execution(ExecutionMode.SAME_THREAD)
final class OutboxAutoConfigurationIT {
  private final Database database = TestDatabase.MARIADB.create();

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  @Configuration(proxyBeanMethods = false)
  static class TwoDatabases {
    @Bean
    DataSource one(Environment env) {
      return DataSourceBuilder.create()
          .url(env.getRequiredProperty("spring.datasource.url"))
          .username(env.getRequiredProperty("spring.datasource.username"))
          .password(env.getRequiredProperty("spring.datasource.password"))
          .build();
    }

    @Bean
    DataSource two() {
      return new HikariDataSource();
    }

    @Bean
    PlatformTransactionManager oneTransactions(DataSource one) {
      return new DataSourceTransactionManager(one);
    }

    @Bean
    PlatformTransactionManager twoTransactions(DataSource two) {
      return new DataSourceTransactionManager(two);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Routing {
    @Bean
    DataSource routing() {
      var routing =
          new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
              throw new IllegalStateException("asked for a route before there is one");
            }
          };
      routing.setTargetDataSources(Map.of());
      return routing;
    }
  }

  private ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withUserConfiguration(Application.class)
        .withPropertyValues(Sample.properties(database, Sample.JDBC_ALONE))
        // What the starter of Boot 3 does before a context is there.
        .withPropertyValues("spring.flyway.enabled=false");
  }

  @Test
  void an_application_gets_a_template_and_the_tables() {
    runner()
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).hasSingleBean(OutboxTemplate.class);
              assertThat(context).doesNotHaveBean(Flyway.class);
              assertThat(database.number("SELECT COUNT(*) FROM obt")).isZero();
            });
  }

  @Test
  void without_a_database_there_is_nothing() {
    new ApplicationContextRunner()
        .withUserConfiguration(Application.class)
        .withPropertyValues(Sample.JDBC_ALONE)
        .withPropertyValues(
            "spring.autoconfigure.exclude="
                + Sample.JDBC_ALONE[0].substring("spring.autoconfigure.exclude=".length())
                + ",org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration"
                + ",org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(OutboxTemplate.class);
              assertThat(context).doesNotHaveBean(OutboxMigration.class);
            });
  }

  @Test
  void several_databases_need_a_choice_and_the_failure_lists_them() {
    ApplicationContextRunner two = runner().withUserConfiguration(TwoDatabases.class);
    two.run(
        context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .isInstanceOf(NoChoiceException.class)
                .hasMessageContaining("one, two")
                .satisfies(
                    e ->
                        assertThat(new NoChoiceFailureAnalyzer().analyze(e))
                            .extracting(FailureAnalysis::getAction)
                            .isEqualTo(
                                "Set outboxpipeline.outbox.data-source to one of: one, two")));
    two.withPropertyValues(
            "outboxpipeline.outbox.data-source=one", "outboxpipeline.outbox.transaction-manager=x")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .isInstanceOf(NoChoiceException.class)
                    .hasMessageContaining("\"x\"")
                    .hasMessageContaining("oneTransactions, twoTransactions"));
  }

  @Test
  void migrations_can_be_left_to_others_and_what_is_missing_then_is_named() {
    ApplicationContextRunner off =
        runner().withPropertyValues("outboxpipeline.outbox.migrations.enabled=false");
    off.run(
        context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .isInstanceOf(OutboxSchemaException.class)
                .hasMessageContaining("there is no obt.payload"));
    runner().run(context -> assertThat(context).hasNotFailed());
    off.run(context -> assertThat(context).hasNotFailed());
    database.execute("ALTER TABLE obt MODIFY payload VARBINARY(255) NOT NULL");
    off.run(
        context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining("obt.payload takes 255 instead of 1044480"));
  }

  @Test
  void the_applications_own_flyway_goes_on_beside_it() {
    runner()
        .withPropertyValues(
            "spring.flyway.enabled=true",
            "spring.sql.init.mode=never",
            "spring.flyway.locations=classpath:sample/flyway")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(database.number("SELECT COUNT(*) FROM own")).isZero();
              assertThat(database.number("SELECT COUNT(*) FROM obt")).isZero();
              assertThat(database.number("SELECT COUNT(*) FROM flyway_schema_history"))
                  .isEqualTo(1);
            });
  }

  @Test
  void a_database_with_tables_and_no_flyway_of_its_own_starts() {
    database.execute("CREATE TABLE theirs (id INT)");
    try (var context =
        Sample.start(Application.class, Sample.properties(database, Sample.JDBC_ALONE))) {
      assertThat(context.getBean(OutboxTemplate.class)).isNotNull();
      assertThat(context.getBeansOfType(Flyway.class)).isEmpty();
    }
  }

  @Test
  void a_routing_data_source_is_not_asked_before_there_is_a_route() {
    runner()
        .withUserConfiguration(Routing.class)
        .withPropertyValues("spring.sql.init.mode=never", "management.health.db.enabled=false")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).hasSingleBean(OutboxTemplate.class);
            });
  }

  @Test
  void events_are_measured_and_carry_the_current_trace() {
    var recorded = new RecordedOutbox();
    var meters = new SimpleMeterRegistry();
    NewEvent event = NewEvent.json(new Aggregate("order", "1"), "order.placed", "{}");
    var span = proxy(Span.class, (p, m, a) -> proxy(TraceContext.class, (q, n, b) -> null));
    var tracer = proxy(Tracer.class, (p, m, a) -> m.getName().equals("currentSpan") ? span : null);
    var propagator =
        proxy(
            Propagator.class,
            (p, m, a) -> {
              @SuppressWarnings("unchecked")
              var setter = (Propagator.Setter<Object>) a[2];
              setter.set(
                  a[1], "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
              setter.set(a[1], "X-B3-TraceId", "not a header of an event");
              return null;
            });
    var appender =
        recorded
            .with(new TraceHeaders(() -> tracer, () -> propagator))
            .with(new AppendTimer(() -> meters));
    var connection =
        proxy(
            Connection.class,
            (p, m, a) -> {
              throw new UnsupportedOperationException(m.getName());
            });
    appender.append(connection, List.of(event, event.withHeader("traceparent", "own")));
    assertThat(recorded.events())
        .extracting(e -> e.headers().get("traceparent"))
        .containsExactly("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "own");
    assertThat(recorded.events().get(0).headers()).hasSize(1);
    assertThat(meters.get("outbox.events").counter().count()).isEqualTo(2);
    assertThat(meters.get("outbox.append").tag("outcome", "appended").timer().count()).isEqualTo(1);
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            OutboxAutoConfigurationIT.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  @Test
  void health_is_up_with_what_waits_and_unknown_without_a_database() {
    runner()
        .withPropertyValues(
            "spring.jmx.enabled=true", "management.endpoints.jmx.exposure.include=outbox")
        .run(
            context -> {
              var template = context.getBean(OutboxTemplate.class);
              new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
                  .executeWithoutResult(
                      t -> template.append(new Aggregate("order", "1"), "order.placed", Map.of()));
              database.execute(
                  "INSERT INTO obt_quarantine (event_id, slot, id, aggregate_type, aggregate_id, sequence, event_type,"
                      + " reason, state) VALUES ('e', 1, 1, 't', 'i', 1, 'e', 'too large', 'held')");
              assertThat(context).hasSingleBean(OutboxEndpoint.class);
              assertThat(context.getBean(OutboxEndpoint.class).state())
                  .containsEntry("waiting", 1L)
                  .containsEntry("held", 1L)
                  .containsKey("oldestSeconds");
              assertThat(health(context.getBean("outboxHealthIndicator")))
                  .contains("UP")
                  .contains("waiting=1");
              context.getBean(HikariDataSource.class).close();
              assertThat(health(context.getBean("outboxHealthIndicator"))).contains("UNKNOWN");
              assertThat(context.getBean(OutboxEndpoint.class).state()).containsKey("error");
            });
  }

  /** Its type is another one in each line. */
  private static String health(Object indicator) throws ReflectiveOperationException {
    var method = indicator.getClass().getDeclaredMethod("health");
    method.setAccessible(true);
    return method.invoke(indicator).toString();
  }

  @Test
  void every_setting_is_in_the_metadata_and_can_be_set() throws IOException {
    JsonNode metadata = metadata();
    List<String> names = new ArrayList<>();
    metadata.get("properties").forEach(p -> names.add(p.get("name").asText()));
    assertThat(names)
        .contains(
            "outboxpipeline.outbox.data-source",
            "outboxpipeline.outbox.transaction-manager",
            "outboxpipeline.outbox.migrations.enabled");
    var source =
        new MapConfigurationPropertySource(
            Map.of(
                "outboxpipeline.outbox.data-source", "a",
                "outboxpipeline.outbox.transaction-manager", "b",
                "outboxpipeline.outbox.migrations.enabled", "false"));
    OutboxProperties bound =
        new Binder(source).bind("outboxpipeline.outbox", OutboxProperties.class).get();
    assertThat(bound)
        .isEqualTo(new OutboxProperties("a", "b", new OutboxProperties.Migrations(false)));
  }

  /** Several jars have such a file. */
  private static JsonNode metadata() throws IOException {
    var all =
        OutboxProperties.class
            .getClassLoader()
            .getResources("META-INF/spring-configuration-metadata.json");
    while (all.hasMoreElements()) {
      JsonNode one;
      try (InputStream in = all.nextElement().openStream()) {
        one = new ObjectMapper().readTree(in);
      }
      if (one.toString().contains("outboxpipeline.outbox")) {
        return one;
      }
    }
    throw new AssertionError("no metadata");
  }
}
