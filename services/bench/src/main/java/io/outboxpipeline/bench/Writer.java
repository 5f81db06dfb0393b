package io.outboxpipeline.bench;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * A program that writes one event a transaction at a steady rate, through the library, each with
 * the nano time just before its INSERT. It ends by itself and tells how long the INSERTs and
 * commits took, without which no event can be on its way. What it writes to warm up, before it is
 * told to go on, is not told.
 */
final class Writer {
  private static final int CONNECTIONS = 16;

  private final DataSource database;
  private final int aggregates;
  private final AtomicLong next = new AtomicLong();
  private final long began = System.nanoTime();
  private final long periodNanos;
  private final long[] took;

  private Writer(DataSource database, int perSecond, int seconds, int aggregates) {
    this.database = database;
    this.aggregates = aggregates;
    this.periodNanos = 1_000_000_000L / perSecond;
    this.took = new long[perSecond * seconds];
  }

  public static void main(String[] args) throws InterruptedException, IOException {
    write(number("WARM_UP_PER_SECOND"), number("WARM_UP_SECONDS"));
    if (System.in.read() < 0) {
      return;
    }
    long[] took = Chart.sorted(write(number("PER_SECOND"), number("SECONDS")));
    Rig.tell(
        new Figure("commit-p50", Chart.percentile(took, 0.5) / 1e6, "ms, p50 of the commits"),
        new Figure("commit-p99", Chart.percentile(took, 0.99) / 1e6, "ms, p99 of the commits"));
  }

  private static int number(String variable) {
    return Integer.parseInt(System.getenv(variable));
  }

  /** How long each took. */
  private static long[] write(int perSecond, int seconds) throws InterruptedException {
    var writer =
        new Writer(Rig.loadSource(System.getenv()), perSecond, seconds, number("AGGREGATES"));
    var threads = new Thread[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
      threads[i] = Thread.ofPlatform().start(writer::run);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return writer.took;
  }

  private void run() {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      for (long n = next.getAndIncrement(); n < took.length; n = next.getAndIncrement()) {
        long due = began + n * periodNanos;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        long before = System.nanoTime();
        write(c, "w" + n % aggregates);
        took[(int) n] = System.nanoTime() - before;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Writes one event now. */
  static void write(Connection c, String aggregate) throws SQLException {
    Outbox.append(
        c,
        NewEvent.json(
            new Aggregate("bench", aggregate), "bench.event", Payload.of(System.nanoTime())));
    c.commit();
  }
}
