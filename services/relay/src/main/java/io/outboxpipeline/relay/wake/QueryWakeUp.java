package io.outboxpipeline.relay.wake;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.DatabaseTrouble;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * While nothing happens, one query in the server looks for new rows many times, and answers when
 * there is one or half a second has passed. A look costs the server less than a query, and the
 * relay nothing.
 */
public final class QueryWakeUp implements Waker {
  private static final System.Logger LOG = System.getLogger(QueryWakeUp.class.getName());
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(20));

  /** Others wait for it who lock or alter the whole table, and writers wait for them. */
  private static final Duration LONGEST = Duration.ofMillis(500);

  /** One that takes longer is not counted on. */
  private static final long OVERDUE = LONGEST.multipliedBy(2).toNanos();

  private final DataSource database;
  private final Duration delay;
  private final Runnable wake;
  private final Thread thread = Thread.ofPlatform().name("wake-up").unstarted(this::run);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition asked = lock.newCondition();
  private @Nullable Long next;
  private @Nullable Long running;
  private long began;
  private boolean failing;
  private volatile boolean stopped;

  /**
   * @param delay between two looks, taken as 1 to 500 ms
   * @param wake called from one thread, when there is a row, and when it is no longer certain that
   *     there is none; must return at once
   */
  public QueryWakeUp(DataSource database, Duration delay, Runnable wake) {
    this.database = database;
    // A recursion has at most 1,000 rounds.
    this.delay = Duration.ofMillis(Math.clamp(delay.toMillis(), 1, LONGEST.toMillis()));
    this.wake = wake;
  }

  @Override
  public void start() {
    thread.start();
  }

  @Override
  public boolean tellsOfEachCommit() {
    return false;
  }

  /** Each time it is asked is good for one more query. */
  @Override
  public boolean watches(long after) {
    lock.lock();
    try {
      next = after;
      asked.signal();
      return !failing
          && (running == null || (running == after && System.nanoTime() - began < OVERDUE));
    } finally {
      lock.unlock();
    }
  }

  /** Its last query ends first, for one that is broken off takes its connection with it. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    int failures = 0;
    try {
      while (!stopped) {
        long after = take();
        try (Connection c = database.getConnection()) {
          boolean there = awaitAnyAfter(c, after, delay, LONGEST);
          if (failures > 0) {
            LOG.log(INFO, "is woken by a query again");
            failures = 0;
          }
          ended(false);
          if (there) {
            wake.run();
          }
        } catch (SQLException | RuntimeException e) {
          if (stopped) {
            return;
          }
          failures++;
          if (failures == 1) {
            LOG.log(WARNING, "no wake-ups by a query, polls meanwhile: {0}", DatabaseTrouble.of(e));
          }
          ended(true);
          wake.run();
          Thread.sleep(BACKOFF.after(failures));
        }
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  /**
   * Waits in the server until there is a row above an id, of whichever slot: one of these slots
   * alone could be behind many others' at each look. Each round of the recursion is a look. It must
   * name the round, or there would be one look for all, and lock, or it would see what there was
   * when the statement began; rows that are not committed are locked by their writers, and skipped.
   *
   * @param delay between two looks, at least a thousandth of the next
   * @param longest how long it waits
   * @return whether there is a row
   */
  private static boolean awaitAnyAfter(Connection c, long id, Duration delay, Duration longest)
      throws SQLException {
    String sql =
        """
        WITH RECURSIVE looks (n, found) AS (
          SELECT 0, 0 UNION ALL
          SELECT n + 1, IF((
            SELECT id FROM obt FORCE INDEX (obt_id)
            WHERE looks.n >= 0 AND id > %s LIMIT 1 FOR UPDATE SKIP LOCKED
          ) IS NULL, SLEEP(%s), 1)
          FROM looks
          WHERE found = 0 AND n < %s AND SYSDATE(6) < NOW(6) + INTERVAL %s MICROSECOND)
        SELECT MAX(found) FROM looks
        """
            .formatted(
                id,
                BigDecimal.valueOf(delay.toNanos(), 9),
                longest.dividedBy(delay),
                longest.toNanos() / 1000);
    try (var s = c.createStatement();
        var row = s.executeQuery(sql)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private long take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (next == null) {
        asked.await();
      }
      long taken = next;
      running = taken;
      next = null;
      began = System.nanoTime();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void ended(boolean failed) {
    lock.lock();
    try {
      running = null;
      failing = failed;
    } finally {
      lock.unlock();
    }
  }
}
