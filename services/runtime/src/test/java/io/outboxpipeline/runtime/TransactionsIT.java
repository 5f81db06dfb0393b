package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestDatabase.class)
final class TransactionsIT {
  private final Database database;

  TransactionsIT(TestDatabase server) {
    database = server.create();
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT) ENGINE = InnoDB");
    database.execute("INSERT INTO t VALUES (1, 0)");
  }

  private static Void increment(Connection c) throws SQLException {
    try (var s = c.createStatement()) {
      s.execute("UPDATE t SET n = n + 1 WHERE id = 1");
      return null;
    }
  }

  @Test
  void one_who_hangs_with_locks_is_rolled_back_after_the_idle_limit() throws Exception {
    var registry = new SimpleMeterRegistry();
    var settings =
        MySqlSettings.local(
            database.host(),
            database.port(),
            database.name(),
            database.user(),
            new Secret(database.password()));
    try (var pool = settings.open("test", true, registry);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var transactions = new Transactions(pool, registry.counter("retries"));
      var locked = new CountDownLatch(1);
      var over = new CountDownLatch(1);
      var hanging =
          threads.submit(
              () ->
                  transactions
                      .withIdleLimit(Duration.ofSeconds(1))
                      .run(
                          c -> {
                            increment(c);
                            locked.countDown();
                            try {
                              over.await();
                            } catch (InterruptedException e) {
                              throw new IllegalStateException(e);
                            }
                            return increment(c);
                          }));
      locked.await();

      // Waits for the lock, 15 seconds at most.
      transactions.run(TransactionsIT::increment);
      over.countDown();

      assertThatThrownBy(hanging::get).hasCauseInstanceOf(SQLException.class);
      assertThat(database.number("SELECT n FROM t")).isEqualTo(1);
    }
  }
}
