package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.inbox.Resumed;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.runtime.WithoutValues;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Applies what was parked and has its turn, one transaction after the other, and finds what a crash
 * left of that. Thread-safe.
 */
final class Replay implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Replay.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final int CHAINS = 20;

  private final Transactions transactions;
  private final DatabaseWatch database;
  private final Inbox inbox;
  private final EventHandler handler;
  private final ConsumerMetrics metrics;
  private final Stop stop = new Stop();
  private final Thread thread = Thread.ofVirtual().name("consumer-replay").unstarted(this::sweep);

  Replay(
      Transactions transactions,
      DatabaseWatch database,
      Inbox inbox,
      EventHandler handler,
      ConsumerMetrics metrics) {
    this.transactions = transactions;
    this.database = database;
    this.inbox = inbox;
    this.handler = handler;
    this.metrics = metrics;
  }

  /**
   * Where a chain is.
   *
   * @param applied how many events the handler ran for
   */
  record Progress(long last, long applied, Optional<Rejection> rejected) {}

  void start() {
    thread.start();
  }

  /** Counts what a committed transaction did, and goes on from there. */
  Progress goOn(Chain chain, Resumed committed) throws SQLException {
    metrics.resumed(committed.applied());
    long applied = committed.applied().size();
    Resumed now = committed;
    while (now.unfinished() && !stop.told()) {
      Optional<Resumed> next = transactions.run(c -> inbox.resume(c, chain, handler));
      if (next.isEmpty()) {
        break;
      }
      now = next.get();
      metrics.resumed(now.applied());
      applied += now.applied().size();
    }
    return new Progress(now.last(), applied, now.rejected());
  }

  /** Goes on with a chain; what fails is left for the next look. */
  void goOn(Chain chain) {
    try {
      Optional<Resumed> first = transactions.run(c -> inbox.resume(c, chain, handler));
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
      return transactions.run(c -> Inbox.unfinished(c, CHAINS));
    } catch (SQLException | RuntimeException e) {
      LOG.log(
          WARNING, "cannot look for parked events whose turn has come: {0}", DatabaseTrouble.of(e));
      return List.of();
    }
  }

  @Override
  public void close() {
    stop.tell();
    try {
      if (!thread.join(PERIOD)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
