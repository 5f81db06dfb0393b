package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.Backlog;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.DatabaseFailure;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Health;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.flywaydb.core.api.FlywayException;

/**
 * Waits for the database, brings its tables up to date, and from then on looks once a second
 * whether it can be used, and how many aggregates stand still in it. Thread-safe.
 */
final class DatabaseWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DatabaseWatch.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final DataSource database;
  private final Stop stop = new Stop();
  private final Thread thread;
  private boolean migrated;
  private volatile Health health = Health.down("the database was not reached yet");
  private volatile boolean started;
  private volatile Backlog backlog = new Backlog(0, Duration.ZERO, 0, Duration.ZERO);

  private DatabaseWatch(DataSource database, boolean migrate) {
    this.database = database;
    this.migrated = !migrate;
    this.thread = Thread.ofVirtual().name("consumer-database").unstarted(this::watch);
  }

  static DatabaseWatch start(DataSource database, boolean migrate) {
    var watch = new DatabaseWatch(database, migrate);
    watch.thread.start();
    return watch;
  }

  /** Up while the database can be used. */
  Health health() {
    return health;
  }

  /** Whether the database could be used at least once. */
  boolean started() {
    return started;
  }

  boolean up() {
    return switch (health) {
      case Health.Up() -> true;
      case Health.Down(String reason) -> false;
    };
  }

  /**
   * Whether the database is away, as someone's transaction had it. One error does not prove that:
   * it is looked at once more.
   */
  boolean isAway(Exception e) {
    if (DatabaseFailure.of(e) != DatabaseFailure.AWAY) {
      return false;
    }
    Health now = ping();
    see(now);
    return now instanceof Health.Down;
  }

  /** As it was at the last look. */
  Backlog backlog() {
    return backlog;
  }

  private void watch() {
    while (!stop.told()) {
      see(look());
      stop.pause(PERIOD);
    }
  }

  /** Brings the inbox's tables and that of the example up to date. */
  static void migrate(DataSource database) {
    Migrations.inbox(database);
    Migrations.run(
        database, "classpath:io/outboxpipeline/consumer/schema", "obt_spending_schema_history");
  }

  private Health look() {
    try {
      if (!migrated) {
        migrate(database);
        migrated = true;
      }
      return ping();
    } catch (FlywayException e) {
      return DatabaseTrouble.of(e).health(health);
    }
  }

  private Health ping() {
    try (Connection c = database.getConnection();
        var s = c.createStatement();
        var row = s.executeQuery("SELECT @@global.read_only")) {
      row.next();
      if (row.getBoolean(1)) {
        return Health.down("the database is read-only");
      }
      backlog = Inbox.backlog(c);
      c.rollback();
      started = true;
      return Health.up();
    } catch (SQLException e) {
      return DatabaseTrouble.of(e).health(health);
    }
  }

  /** Logs a change, and only that. */
  private synchronized void see(Health now) {
    if (stop.told() || now.equals(health)) {
      return;
    }
    health = now;
    switch (now) {
      case Health.Up() -> LOG.log(INFO, "the database can be used");
      case Health.Down(String reason) ->
          LOG.log(WARNING, "the database cannot be used; nothing is received: {0}", reason);
    }
  }

  @Override
  public void close() {
    stop.tell();
    try {
      if (!thread.join(PERIOD.multipliedBy(2))) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
