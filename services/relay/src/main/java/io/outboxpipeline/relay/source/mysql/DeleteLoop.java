package io.outboxpipeline.relay.source.mysql;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Deletes what was acknowledged, in transactions that check the epochs of its partitions. Before
 * the first event is sent it finds out whether it may delete at all.
 */
final class DeleteLoop implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DeleteLoop.class.getName());
  private static final int ROWS = 2000;
  private static final int ENOUGH = 500;
  private static final long WAIT = Duration.ofSeconds(1).toNanos();
  private static final long NAME_EVERY = Duration.ofSeconds(2).toNanos();

  /** Each transaction delays those of the writers: many rows share one. */
  private static final long LINGER = Duration.ofMillis(50).toNanos();

  /** A transaction that takes longer is told as trouble. */
  private static final long OVERDUE = Duration.ofSeconds(3).toNanos();

  /** Rows that may be sent and not deleted while deletes fail or take long. */
  private static final int UNDELETED = 1000;

  /** And at any time. */
  private static final int UNDELETED_AT_MOST = 20_000;

  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

  private final Deletes deletes;
  private final Transactions transactions;
  private final Runnable renewConnections;
  private final Supplier<List<Grant>> grants;
  private final Consumer<List<Done>> gone;
  private final Consumer<Grant> fencedOut;
  private final Thread thread = Thread.ofPlatform().name("delete").unstarted(this::run);
  private long nextName = System.nanoTime();
  private volatile @Nullable String server;

  /** Whether a delete worked once. */
  private volatile boolean proven;

  private volatile @Nullable String trouble = "the database was not asked yet";
  private volatile long askedAt;
  private volatile boolean stopped;

  /**
   * @param renewConnections lets go of all connections of the database's pool that are open
   * @param grants that are followed now
   * @param gone told of rows that are no longer in the table
   * @param fencedOut told of a grant that the database has a newer epoch for
   */
  DeleteLoop(
      Deletes deletes,
      Transactions transactions,
      Runnable renewConnections,
      Supplier<List<Grant>> grants,
      Consumer<List<Done>> gone,
      Consumer<Grant> fencedOut) {
    this.deletes = deletes;
    this.transactions = transactions;
    this.renewConnections = renewConnections;
    this.grants = grants;
    this.gone = gone;
    this.fencedOut = fencedOut;
  }

  void start() {
    thread.start();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Why rows can't be deleted now, if so. */
  Optional<String> trouble() {
    return trouble == null && isOverdue()
        ? Optional.of("the database does not answer a delete")
        : Optional.ofNullable(trouble);
  }

  /** Whether what is sent now can be deleted, as far as is known. */
  boolean records() {
    return proven && keepsUp();
  }

  /** Whether not too much was sent that is not deleted. */
  boolean keepsUp() {
    return deletes.size() < (trouble().isPresent() ? UNDELETED : UNDELETED_AT_MOST);
  }

  /** The server that was asked last, unless none was. */
  Optional<String> server() {
    return Optional.ofNullable(server);
  }

  private boolean isOverdue() {
    long since = askedAt;
    return since != 0 && System.nanoTime() - since > OVERDUE;
  }

  /** Deletes what there is to delete by now, as far as the database lets it, and ends. */
  @Override
  public void close() {
    stopped = true;
    deletes.endWait();
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
      untilDone(List.of());
      while (true) {
        List<Done> rows = deletes.take(ROWS, ENOUGH, stopped ? 0 : WAIT, stopped ? 0 : LINGER);
        if (!rows.isEmpty()) {
          untilDone(rows);
        } else if (stopped) {
          return;
        }
      }
    } catch (InterruptedException e) {
      // stopped
    }
  }

  /** A commit whose answer was lost may have happened: deleting once more does no harm. */
  private void untilDone(List<Done> taken) throws InterruptedException {
    List<Done> rows = taken;
    for (int failures = 1; !(failures > 1 && stopped && rows.isEmpty()); failures++) {
      try {
        askedAt = System.nanoTime();
        delete(rows);
        proven = true;
        if (trouble != null) {
          LOG.log(INFO, "deletes sent rows");
          trouble = null;
        }
        return;
      } catch (SQLException | RuntimeException e) {
        String reason = "sent events can't be deleted: " + DatabaseTrouble.of(e);
        if (failures == 1 || !reason.equals(trouble)) {
          LOG.log(WARNING, reason + "; tries again");
        }
        trouble = reason;
        askedAt = 0;
        // They may lead to a server that is no longer the primary, or have rights of before.
        renewConnections.run();
        Thread.sleep(BACKOFF.after(failures));
        rows = deletes.withoutGivenUp(rows);
      } finally {
        askedAt = 0;
      }
    }
  }

  private void delete(List<Done> rows) throws SQLException {
    Set<Integer> stale = transactions.run(c -> delete(c, rows));
    gone.accept(rows);
    deletes.deleted(rows);
    if (stale.isEmpty()) {
      return;
    }
    for (Grant grant : grants.get()) {
      if (stale.contains(grant.partition()) && isOfGrant(rows, grant)) {
        fencedOut.accept(grant);
      }
    }
  }

  private Set<Integer> delete(Connection transaction, List<Done> rows) throws SQLException {
    if (System.nanoTime() - nextName >= 0) {
      server = ServerCheck.name(transaction);
      nextName = System.nanoTime() + NAME_EVERY;
    }
    if (rows.isEmpty()) {
      DeleteStatements.probe(transaction);
      return Set.of();
    }
    return DeleteStatements.delete(transaction, rows);
  }

  private static boolean isOfGrant(List<Done> rows, Grant grant) {
    return rows.stream()
        .anyMatch(r -> r.partition() == grant.partition() && r.epoch() == grant.epoch());
  }
}
