package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.PartitionWork;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.Transactions;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** The three loops around one backlog, and what ownership tells them. Thread-safe. */
final class RelayLoops implements PartitionWork, AutoCloseable {

  /** After failures of the database or the queue. */
  static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(20));

  /** What the loops tell ownership. */
  interface Owner {
    /** Whether this member may send now. */
    boolean maySend();

    /** A draining partition has nothing on its way. Must return at once. */
    void drained(Grant grant);

    /** The database has a newer epoch for the grant's partition. Must return at once. */
    void fencedOut(Grant grant);
  }

  private final Backlog backlog;
  private final Duration drainTimeout;
  private final ReadLoop read;
  private final SendLoop send;
  private final DeleteLoop delete;
  private final Waker waker;
  private final Consumer<Grant> drained;

  RelayLoops(
      RelaySettings settings,
      DataSource database,
      Transactions transactions,
      Supplier<Queue> findQueue,
      Owner owner,
      RelayMetrics metrics) {
    BooleanSupplier maySend = owner::maySend;
    drained = owner::drained;
    drainTimeout = settings.drainTimeout();
    backlog = new Backlog(limits(settings), drained);
    var source = new SourceName(settings.source(), database, settings.mysql().database());
    var table = new OutboxTable(source, 1 << 20);
    waker =
        switch (settings.wakeUp()) {
          case NONE -> Waker.NONE;
          case QUERY -> new QueryWakeUp(database, settings.idleDelay().dividedBy(2), backlog::wake);
          case BINLOG -> new BinlogWakeUp(settings.mysql(), backlog::wake);
        };
    // They lock epochs: a relay that hangs in one would keep others from taking its partitions.
    var fenced = transactions.withIdleLimit(settings.timing().renewDeadline());
    read =
        new ReadLoop(
            backlog,
            table,
            database,
            fenced,
            metrics,
            settings.idleDelay(),
            waker,
            settings.maxTransaction());
    send =
        new SendLoop(
            backlog,
            findQueue,
            maySend,
            metrics,
            settings.requestTimeout(),
            settings.concurrency());
    delete = new DeleteLoop(backlog, fenced, owner::fencedOut);
  }

  private static Limits limits(RelaySettings settings) {
    Limits standard = Limits.DEFAULT;
    return new Limits(
        standard.rows(),
        settings.memoryBytes(),
        standard.fetchRows(),
        standard.slotRows(),
        standard.slotSpan(),
        standard.laneRows(),
        settings.packEvents(),
        settings.packBytes());
  }

  void start() {
    read.start();
    send.start();
    delete.start();
    waker.start();
  }

  @Override
  public void start(Grant grant) {
    read.own(grant);
  }

  @Override
  public void drain(Grant grant) {
    if (read.disown(grant)) {
      drained.accept(grant);
      return;
    }
    backlog.drain(grant);
    Thread.ofVirtual()
        .name("drain-timeout")
        .start(
            () -> {
              try {
                Thread.sleep(drainTimeout);
                backlog.stopWaiting(grant);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  @Override
  public void abandon(Grant grant) {
    read.disown(grant);
    backlog.forget(grant);
  }

  /** Why events do not flow, if so. */
  Optional<String> trouble() {
    return databaseTrouble().or(this::queueTrouble);
  }

  /** Why they are not read, if so. */
  Optional<String> databaseTrouble() {
    return read.trouble();
  }

  /** Why they are not sent, if so. */
  Optional<String> queueTrouble() {
    return send.trouble();
  }

  /** Whether all loops run. */
  boolean alive() {
    return read.isAlive() && send.isAlive() && delete.isAlive();
  }

  Backlog.Summary summary() {
    return backlog.summary();
  }

  long backlogRows() {
    return read.backlogRows();
  }

  /** Interrupts a thread and waits for its end. */
  static void end(Thread thread) {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the loops, the readers first; what was acknowledged is deleted. */
  @Override
  public void close() {
    read.close();
    send.close();
    delete.close();
    waker.close();
  }
}
