package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.Resumed;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;

/**
 * Applies what was parked and has its turn, one transaction after the other, and finds what a crash
 * left of that. Thread-safe.
 */
final class Replay implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Replay.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final int CHAINS = 20;

  private final InboxWork transactions;
  private final DatabaseWatch database;
  private final Inbox inbox;
  private final ReceiverMetrics metrics;
  private final Stop stop = new Stop();
  private final Thread thread;

  Replay(
      InboxWork transactions,
      DatabaseWatch database,
      Inbox inbox,
      ReceiverMetrics metrics,
      ThreadFactory threads) {
    this.transactions = transactions;
    this.database = database;
    this.inbox = inbox;
    this.metrics = metrics;
    this.thread = threads.newThread(this::sweep);
  }

  void start() {
    thread.start();
  }

  /** Counts what a committed transaction did, and goes on from there. */
  Decisions.Progress goOn(Chain chain, Resumed committed) throws SQLException {
    committed.applied().forEach(metrics::applied);
    long applied = committed.applied().size();
    Resumed now = committed;
    while (now.unfinished() && !stop.told()) {
      Optional<Resumed> next = transactions.run((c, handler) -> inbox.resume(c, chain, handler));
      if (next.isEmpty()) {
        break;
      }
      now = next.get();
      now.applied().forEach(metrics::applied);
      applied += now.applied().size();
    }
    return new Decisions.Progress(now.last(), applied, now.rejected());
  }

  /** Goes on with a chain; what fails is left for the next look. */
  void goOn(Chain chain) {
    try {
      Optional<Resumed> first = transactions.run((c, handler) -> inbox.resume(c, chain, handler));
      if (first.isPresent()) {
        goOn(chain, first.get());
      }
    } catch (SQLException | RuntimeException e) {
      LOG.log(
          WARNING, "parked events of " + chain + " could not be applied yet", WithoutValues.of(e));
    }
  }

  private void sweep() {
    while (!stop.told()) {
      if (database.up()) {
        unfinished().forEach(this::goOn);
      }
      stop.pause(PERIOD);
    }
  }

  private List<Chain> unfinished() {
    try {
      return transactions.run((c, handler) -> Inbox.unfinished(c, CHAINS));
    } catch (SQLException | RuntimeException e) {
      LOG.log(
          WARNING,
          "cannot look for parked events whose turn has come: {0}",
          database.diagnose(e).trouble().orElse(""));
      return List.of();
    }
  }

  @Override
  public void close() {
    stop.tell();
    try {
      thread.join(PERIOD.toMillis());
      thread.interrupt();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
