package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Health;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;

/**
 * Waits for the database, brings its tables up to date, and from then on looks whether it is there,
 * all on a thread of its own, so that {@link #health} answers at once. Thread-safe.
 */
final class DatabaseWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DatabaseWatch.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final int PING_SECONDS = 3;

  private final DataSource database;
  private final SeenCounters counters;
  private final Thread thread;
  private boolean migrated;
  private volatile Health health = Health.down("the database was not reached yet");

  private DatabaseWatch(DataSource database, boolean migrate, SeenCounters counters) {
    this.database = database;
    this.counters = counters;
    this.migrated = !migrate;
    this.thread = Thread.ofVirtual().name("base-database").unstarted(this::watch);
  }

  static DatabaseWatch start(DataSource database, boolean migrate, SeenCounters counters) {
    var watch = new DatabaseWatch(database, migrate, counters);
    watch.thread.start();
    return watch;
  }

  /** Up while the database can be used. */
  Health health() {
    return health;
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      see(look());
      try {
        Thread.sleep(PERIOD);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Brings the outbox's tables and those of the example up to date. */
  static void migrate(DataSource database) {
    Migrations.outbox(database);
    Migrations.run(
        database, "classpath:io/outboxpipeline/base/schema", "obt_spending_schema_history");
  }

  private Health look() {
    try {
      if (!migrated) {
        migrate(database);
        migrated = true;
      }
      try (Connection c = database.getConnection();
          var s = c.createStatement()) {
        if (!c.isValid(PING_SECONDS)) {
          return Health.down("the database does not answer");
        }
        s.executeQuery("SELECT 1 FROM obt_spending LIMIT 1").close();
        counters.check(c);
        c.rollback();
        return Health.up();
      }
    } catch (SQLException | FlywayException e) {
      return DatabaseTrouble.of(e).health(health);
    }
  }

  /** Logs a change, and only that. */
  private void see(Health now) {
    if (!now.equals(health)) {
      health = now;
      switch (now) {
        case Health.Up() -> LOG.log(INFO, "the database can be used");
        case Health.Down(String reason) ->
            LOG.log(WARNING, "the database cannot be used: {0}", reason);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(PERIOD);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
