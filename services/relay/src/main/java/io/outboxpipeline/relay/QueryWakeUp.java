package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

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
final class QueryWakeUp implements Waker {
  private static final System.Logger LOG = System.getLogger(QueryWakeUp.class.getName());

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
  QueryWakeUp(DataSource database, Duration delay, Runnable wake) {
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
    RelayLoops.end(thread);
  }

  private void run() {
    int failures = 0;
    try {
      while (!stopped) {
        long after = take();
        try (Connection c = database.getConnection()) {
          boolean there = OutboxTable.awaitAnyAfter(c, after, delay, LONGEST);
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
            LOG.log(WARNING, "no wake-ups by a query, polls meanwhile: {0}", e.getMessage());
          }
          ended(true);
          wake.run();
          Thread.sleep(RelayLoops.BACKOFF.after(failures));
        }
      }
    } catch (InterruptedException e) {
      // closed
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
