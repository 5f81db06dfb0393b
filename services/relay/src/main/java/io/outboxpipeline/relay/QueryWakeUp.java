package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.ownership.SlotRange;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
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

  private record Rows(List<SlotRange> ranges, long after) {}

  private final DataSource database;
  private final Duration delay;
  private final Runnable wake;
  private final Thread thread = Thread.ofPlatform().name("wake-up").unstarted(this::run);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition asked = lock.newCondition();
  private @Nullable Rows next;
  private @Nullable Rows running;
  private boolean failing;
  private volatile boolean stopped;

  /**
   * @param delay between two looks
   * @param wake called from one thread, when there is a row; must return at once
   */
  QueryWakeUp(DataSource database, Duration delay, Runnable wake) {
    this.database = database;
    this.delay = delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
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
  public boolean watches(List<SlotRange> ranges, long after) {
    lock.lock();
    try {
      next = new Rows(ranges, after);
      asked.signal();
      return !failing && (running == null || running.equals(next));
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
    for (int failures = 1; !stopped; failures++) {
      try (Connection c = database.getConnection()) {
        c.setAutoCommit(true);
        while (!stopped) {
          Rows rows = take();
          boolean there = OutboxTable.awaitAnyAfter(c, rows.ranges(), rows.after(), delay, LONGEST);
          failures = 0;
          ended(false);
          if (there) {
            wake.run();
          }
        }
      } catch (SQLException | RuntimeException e) {
        if (stopped) {
          return;
        }
        ended(true);
        if (failures == 1) {
          LOG.log(WARNING, "no wake-ups by a query, polls meanwhile: {0}", e.getMessage());
        }
        try {
          Thread.sleep(RelayLoops.BACKOFF.after(failures));
        } catch (InterruptedException stop) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Rows take() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (next == null) {
        asked.await();
      }
      Rows taken = next;
      running = taken;
      next = null;
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
