package io.outboxpipeline.relay.wake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.WatchedSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
final class QueryWakeUpIT {
  private static final Aggregate AGGREGATE = new Aggregate("test", "a");

  private final Database database;
  private final AtomicInteger queries = new AtomicInteger();
  private final AtomicInteger wakes = new AtomicInteger();

  QueryWakeUpIT(TestDatabase server) {
    database = server.create();
  }

  @BeforeEach
  void migrate() {
    Migrations.outbox(database.dataSource());
  }

  private QueryWakeUp start(DataSource source) {
    return start(source, Duration.ofMillis(20));
  }

  private QueryWakeUp start(DataSource source, Duration delay) {
    DataSource counted = WatchedSource.of(source, _ -> queries.incrementAndGet());
    var wakeUp = new QueryWakeUp(counted, delay, wakes::incrementAndGet);
    wakeUp.start();
    return wakeUp;
  }

  private Connection append() throws SQLException {
    Connection c = database.dataSource().getConnection();
    c.setAutoCommit(false);
    Outbox.append(c, NewEvent.json(AGGREGATE, "t", "{}"));
    return c;
  }

  private long highestId() {
    return database.number("SELECT MAX(id) FROM obt");
  }

  @Test
  void a_row_wakes_when_it_is_committed() throws SQLException {
    try (QueryWakeUp wakeUp = start(database.dataSource());
        Connection writer = append()) {
      assertThat(wakeUp.watches(0)).isTrue();
      await().until(() -> queries.get() == 1);
      assertThat(wakeUp.watches(0)).isTrue();
      // The first query is through, and saw nothing.
      await().until(() -> queries.get() == 2);
      assertThat(wakes).hasValue(0);

      writer.commit();

      await().until(() -> wakes.get() == 1);
    }
  }

  @Test
  void rows_that_are_known_do_not_wake() throws SQLException {
    try (QueryWakeUp wakeUp = start(database.dataSource());
        Connection writer = append()) {
      writer.commit();
      long id = highestId();
      for (int i = 1; i <= 2; i++) {
        int asked = i;
        wakeUp.watches(id);
        await().until(() -> queries.get() == asked);
      }
      assertThat(wakes).hasValue(0);

      wakeUp.watches(id - 1);

      await().until(() -> wakes.get() == 1);
    }
  }

  @Test
  void while_it_asks_for_something_else_it_does_not_promise() {
    try (QueryWakeUp wakeUp = start(database.dataSource())) {
      assertThat(wakeUp.watches(7)).isTrue();
      await().until(() -> queries.get() == 1);

      assertThat(wakeUp.watches(0)).isFalse();

      await().until(() -> wakeUp.watches(0));
    }
  }

  @Test
  void the_shortest_delay_stays_below_the_servers_limit_of_rounds() {
    try (QueryWakeUp wakeUp = start(database.dataSource(), Duration.ofNanos(1))) {
      assertThat(wakeUp.watches(0)).isTrue();
      await().until(() -> queries.get() == 1);
      // A query for something else runs when the first is through.
      await().during(Duration.ofMillis(100)).until(() -> wakeUp.watches(1));
    }
  }

  @Test
  void a_query_that_hangs_is_not_counted_on() {
    var over = new CountDownLatch(1);
    DataSource hanging = WatchedSource.of(database.dataSource(), _ -> over.await());
    try (QueryWakeUp wakeUp = start(hanging)) {
      assertThat(wakeUp.watches(0)).isTrue();
      await().until(() -> !wakeUp.watches(0));
      over.countDown();
      await().until(() -> wakeUp.watches(0));
    }
  }

  @Test
  void a_connection_that_broke_is_told_and_opened_again() throws Exception {
    try (var proxy = new TcpProxy(database.port());
        var pool =
            MySqlSettings.local(
                    database.host(),
                    proxy.port(),
                    database.name(),
                    database.user(),
                    new Secret(database.password()))
                .open("relay", true, new SimpleMeterRegistry());
        QueryWakeUp wakeUp = start(pool)) {
      wakeUp.watches(0);
      await().until(() -> queries.get() == 1);
      proxy.cut();
      await().until(() -> !wakeUp.watches(0));
      // Nobody knows what was missed.
      await().until(() -> wakes.get() > 0);
      proxy.restore();
      await().until(() -> wakeUp.watches(0));
      int before = wakes.get();
      try (Connection writer = append()) {
        writer.commit();
      }

      await()
          .until(
              () -> {
                wakeUp.watches(0);
                return wakes.get() > before;
              });
    }
  }
}
