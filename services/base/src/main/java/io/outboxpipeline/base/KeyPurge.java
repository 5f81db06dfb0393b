package io.outboxpipeline.base;

import static java.lang.System.Logger.Level.DEBUG;

import io.outboxpipeline.runtime.Transactions;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Forgets idempotency keys that are old enough, on a thread of its own, in batches of a transaction
 * each, so that no lock lasts.
 */
final class KeyPurge implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(KeyPurge.class.getName());
  private static final Duration PERIOD = Duration.ofMinutes(1);

  private final Transactions transactions;
  private final Duration retention;
  private final Thread thread;

  private KeyPurge(Transactions transactions, Duration retention) {
    this.transactions = transactions;
    this.retention = retention;
    this.thread = Thread.ofVirtual().name("base-key-purge").unstarted(this::loop);
  }

  static KeyPurge start(Transactions transactions, Duration retention) {
    var purge = new KeyPurge(transactions, retention);
    purge.thread.start();
    return purge;
  }

  private void loop() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(PERIOD);
        purge(transactions, retention);
      } catch (InterruptedException e) {
        return;
      } catch (SQLException e) {
        LOG.log(DEBUG, "keys will be purged later", e);
      }
    }
  }

  /** Deletes all keys older than the retention; returns how many. */
  static int purge(Transactions transactions, Duration retention) throws SQLException {
    int total = 0;
    int deleted;
    do {
      deleted = transactions.run(c -> IdempotencyKeys.purge(c, retention));
      total += deleted;
    } while (deleted == IdempotencyKeys.PURGE_BATCH);
    return total;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
