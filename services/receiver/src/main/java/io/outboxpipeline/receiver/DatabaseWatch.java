package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.StalledChains;
import io.outboxpipeline.outbox.DatabaseFailure;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import javax.sql.DataSource;

/**
 * Waits for the database, prepares it, and from then on looks once a second whether it can be used,
 * and how many aggregates stand still in it. Thread-safe.
 */
final class DatabaseWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DatabaseWatch.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final DataSource database;
  private final Runnable preparation;
  private final Diagnosis diagnosis;
  private final Stop stop = new Stop();
  private final Thread thread;
  private boolean prepared;
  private volatile Health health = Health.down("the database was not reached yet");
  private volatile boolean started;
  private volatile StalledChains stalled = new StalledChains(0, Duration.ZERO, 0, Duration.ZERO);

  /**
   * @param preparation run until it succeeds, before the database counts as up
   */
  DatabaseWatch(
      DataSource database, Runnable preparation, Diagnosis diagnosis, ThreadFactory threads) {
    this.database = database;
    this.preparation = preparation;
    this.diagnosis = diagnosis;
    this.thread = threads.newThread(this::watch);
  }

  void start() {
    thread.start();
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
    return health.isUp();
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
    return !now.isUp();
  }

  /** As it was at the last look. */
  StalledChains stalled() {
    return stalled;
  }

  private void watch() {
    while (!stop.told()) {
      see(look());
      stop.pause(PERIOD);
    }
  }

  private Health look() {
    try {
      if (!prepared) {
        preparation.run();
        prepared = true;
      }
      return ping();
    } catch (RuntimeException e) {
      return diagnose(e);
    }
  }

  /** What the check says of a failure. */
  Health diagnose(Exception e) {
    return diagnosis.of(e, health);
  }

  private Health ping() {
    try (Connection c = database.getConnection();
        var s = c.createStatement();
        var row = s.executeQuery("SELECT @@global.read_only")) {
      row.next();
      if (row.getBoolean(1)) {
        return Health.down("the database is read-only");
      }
      stalled = Inbox.stalled(c);
      if (!c.getAutoCommit()) {
        c.rollback();
      }
      started = true;
      return Health.up();
    } catch (SQLException e) {
      return diagnose(e);
    }
  }

  /** Logs a change, and only that. */
  private synchronized void see(Health now) {
    if (stop.told() || now.equals(health)) {
      return;
    }
    health = now;
    if (now.isUp()) {
      LOG.log(INFO, "the database can be used");
    } else {
      LOG.log(
          WARNING,
          "the database cannot be used; nothing is received: {0}",
          now.trouble().orElseThrow());
    }
  }

  @Override
  public void close() {
    stop.tell();
    try {
      thread.join(PERIOD.multipliedBy(2).toMillis());
      thread.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
