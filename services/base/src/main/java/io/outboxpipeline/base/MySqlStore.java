package io.outboxpipeline.base;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.webserver.http.Handler;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Health;
import io.outboxpipeline.runtime.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Spendings in tables of MySQL or MariaDB. */
final class MySqlStore implements SpendingStore {
  /** So many connections a migration may want at once; without one, two stay. */
  private static final int APART = 4;

  private final HikariDataSource database;
  private final HikariDataSource apart;
  private final DatabaseWatch watch;
  private final KeyPurge purge;
  private final Spendings spendings;

  MySqlStore(BaseSettings settings, MeterRegistry registry, InstantSource clock) {
    var mysql = settings.mysql();
    database =
        mysql
            .withConnectTimeout(shorter(mysql.connectTimeout(), settings.requestTimeout()))
            .open("base", false, registry, Turns.LOCK_WAIT);
    apart = mysql.withPoolSize(APART).open("base-watch", false, registry);
    var transactions =
        new Transactions(
            database,
            Counter.builder("base.transaction.retries")
                .description("Transactions run again after a deadlock or a lock wait")
                .register(registry));
    var counters =
        new SeenCounters(
            Counter.builder("base.database.went.back")
                .description("How often the database's counters were below what was committed")
                .register(registry));
    watch = DatabaseWatch.start(apart, settings.migrate(), counters);
    purge = KeyPurge.start(transactions, settings.idempotencyRetention());
    spendings = new Spendings(database, transactions, counters, clock, settings.requestTimeout());
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  @Override
  public Recorded record(NewSpending spending, Optional<String> key) throws SQLException {
    return spendings.record(spending, key);
  }

  @Override
  public Optional<Spending> find(long id) {
    return spendings.find(id);
  }

  @Override
  public List<Spending> list(String identity, long after, int limit) {
    return spendings.list(identity, after, limit);
  }

  @Override
  public Health health() {
    return watch.health();
  }

  @Override
  public Handler guard(Handler handler) {
    return DatabaseErrors.guard(handler);
  }

  @Override
  public void close() {
    purge.close();
    watch.close();
    database.close();
    apart.close();
  }
}
