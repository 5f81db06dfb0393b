package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.runtime.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Deletes what was acknowledged, in transactions that check the epochs of its partitions. */
final class DeleteLoop implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DeleteLoop.class.getName());
  private static final int ROWS = 2000;
  private static final int ENOUGH = 500;
  private static final long WAIT = Duration.ofSeconds(1).toNanos();

  /** Each transaction delays those of the writers: many rows share one. */
  private static final long LINGER = Duration.ofMillis(50).toNanos();

  private final Backlog backlog;
  private final Transactions transactions;
  private final Consumer<Grant> fencedOut;
  private final Thread thread = Thread.ofPlatform().name("delete").unstarted(this::run);
  private volatile boolean stopped;

  /**
   * @param fencedOut told of a grant that the database has a newer epoch for
   */
  DeleteLoop(Backlog backlog, Transactions transactions, Consumer<Grant> fencedOut) {
    this.backlog = backlog;
    this.transactions = transactions;
    this.fencedOut = fencedOut;
  }

  void start() {
    thread.start();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Deletes what there is to delete by now, as far as the database lets it, and ends. */
  @Override
  public void close() {
    stopped = true;
    backlog.endWaitForDeletes();
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        thread.interrupt();
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (true) {
        List<Acknowledged> rows =
            backlog.takeAcknowledged(ROWS, ENOUGH, stopped ? 0 : WAIT, stopped ? 0 : LINGER);
        if (!rows.isEmpty()) {
          deleteUntilDone(rows);
        } else if (stopped) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // stopped
    }
  }

  /** A commit whose answer was lost may have happened: deleting once more does no harm. */
  private void deleteUntilDone(List<Acknowledged> rows) throws InterruptedException {
    for (int failures = 1; ; failures++) {
      try {
        Set<Integer> stale = transactions.run(c -> OutboxTable.delete(c, rows));
        backlog.deleted(rows);
        for (Grant grant : backlog.grants()) {
          if (stale.contains(grant.partition()) && ofGrant(rows, grant)) {
            backlog.forget(grant);
            fencedOut.accept(grant);
          }
        }
        return;
      } catch (SQLException | RuntimeException e) {
        if (failures == 1) {
          LOG.log(WARNING, "sent rows can''t be deleted, tries again: {0}", e.getMessage());
        }
        Thread.sleep(RelayLoops.BACKOFF.after(failures));
      }
    }
  }

  private static boolean ofGrant(List<Acknowledged> rows, Grant grant) {
    return rows.stream()
        .anyMatch(r -> r.partition() == grant.partition() && r.epoch() == grant.epoch());
  }
}
