package io.outboxpipeline.receiver;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.StalledChains;
import io.outboxpipeline.inbox.Start;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Receives from SQS and applies each event once and in order, in transactions of a database that
 * has the inbox's tables. Acknowledges after the commit. Several may run on one queue and database,
 * in one JVM or in many. Thread-safe. Data source and client stay the caller's to close.
 */
public final class Receiver implements AutoCloseable {
  private final DatabaseWatch watch;
  private final Replay replay;
  private final ReceiveLoops loops;
  private final Decisions decisions;
  private final ScheduledThreadPoolExecutor timer;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean stopped = new AtomicBoolean();

  private Receiver(Builder b) {
    var handler = new HandlersByType(b.handlers, b.others);
    var transactions = new InboxWork(b.transactions, handler, b.undo, b.metrics);
    var inbox = new Inbox(b.start);
    var queue = new MessageQueue(b.client, b.queue, b.deadLetterQueue, b.pollWait, b.threads);
    timer = new ScheduledThreadPoolExecutor(b.loops, b.threads);
    timer.setRemoveOnCancelPolicy(true);
    watch = new DatabaseWatch(b.watched, b.preparation, b.diagnosis, b.threads);
    replay = new Replay(transactions, watch, inbox, b.metrics, b.threads);
    var work = new BatchWork(queue, timer, transactions, watch, inbox, replay, b.metrics);
    loops = new ReceiveLoops(queue, watch, work, b.metrics, b.loops, b.threads);
    decisions = new Decisions(transactions, inbox, replay);
  }

  /**
   * What every receiver needs.
   *
   * @param database a pool with at least one connection more than there are loops
   * @param client with a call time-out that is longer than a poll's wait
   * @param queue a queue's name or URL; a name that ends in {@code .fifo} is FIFO
   */
  public static Builder builder(DataSource database, SqsClient client, String queue) {
    return new Builder(database, client, queue);
  }

  /**
   * Begins to look at the database and the queue, and to receive once both can be used. Returns at
   * once.
   *
   * @throws IllegalStateException if it was started before
   */
  public void start() {
    if (!started.compareAndSet(false, true)) {
      throw new IllegalStateException("a receiver is started once");
    }
    watch.start();
    loops.start();
    replay.start();
  }

  /**
   * Receives no more, and returns when what is in hand is committed and deleted; a poll that is
   * under way ends by itself first. An interrupt breaks off what still waits: nothing is lost, but
   * it comes again only when its visibility ends.
   */
  public void drain() {
    stopped.set(true);
    if (started.get()) {
      loops.drain();
    }
  }

  /** Drains, unless that was done, and ends all threads. */
  @Override
  public void close() {
    if (!stopped.get()) {
      drain();
    }
    if (started.get()) {
      replay.close();
      watch.close();
    }
    timer.shutdownNow();
  }

  /** Whether the queue can be used now. */
  public Health queue() {
    return loops.health();
  }

  /** Whether the queue could be used at least once. */
  public boolean queueReached() {
    return loops.started();
  }

  /** Whether the database can be used now: nothing is received while it can't. */
  public Health database() {
    return watch.health();
  }

  /** Whether the database could be used at least once. */
  public boolean databaseReached() {
    return watch.started();
  }

  /** Whether all loops run. */
  public Health loops() {
    return loops.alive();
  }

  /** How many aggregates stand still, as of the last second. */
  public StalledChains stalled() {
    return watch.stalled();
  }

  /** What stands still, and how it goes on. */
  public Decisions decisions() {
    return decisions;
  }

  /** Not thread-safe. */
  public static final class Builder {
    /** How many loops there are if nothing else is said. */
    public static final int DEFAULT_LOOPS = 8;

    /** The longest that SQS holds an empty receive open. */
    public static final Duration MAX_POLL_WAIT = Duration.ofSeconds(20);

    private static final int MAX_LOOPS = 64;

    private final SqsClient client;
    private final String queue;
    private final Map<String, EventHandler> handlers = new HashMap<>();
    private DataSource watched;
    private Transactions transactions;
    private Optional<EventHandler> others = Optional.empty();
    private Optional<String> deadLetterQueue = Optional.empty();
    private Start start = Start.AT_ONE;
    private Undo undo = Undo.SAVEPOINT;
    private int loops = DEFAULT_LOOPS;
    private Duration pollWait = MAX_POLL_WAIT;
    private ReceiverMetrics metrics = ReceiverMetrics.NONE;
    private ThreadFactory threads = named();
    private Runnable preparation = () -> {};
    private Diagnosis diagnosis = (failure, before) -> Diagnosis.firstCause(failure);

    private Builder(DataSource database, SqsClient client, String queue) {
      this.watched = database;
      this.transactions = Transactions.of(database);
      this.client = client;
      this.queue = queue;
    }

    private static ThreadFactory named() {
      var count = new AtomicInteger();
      return work -> new Thread(work, "outbox-receiver-" + count.incrementAndGet());
    }

    /**
     * The handler of one event type. An event of a type that has none is rejected: it is kept with
     * the reason, and what follows in its aggregate waits for a decision. For events that shall be
     * passed, give a handler that does nothing.
     *
     * @throws IllegalArgumentException if the type has a handler
     */
    public Builder handler(String type, EventHandler handler) {
      if (handlers.putIfAbsent(type, handler) != null) {
        throw new IllegalArgumentException("there are two handlers for events of type " + type);
      }
      return this;
    }

    /** The handler of all types that have none of their own. */
    public Builder otherwise(EventHandler handler) {
      others = Optional.of(handler);
      return this;
    }

    /** Where unreadable events go, by name or URL; by default where the redrive policy says. */
    public Builder deadLetterQueue(String nameOrUrl) {
      deadLetterQueue = Optional.of(nameOrUrl);
      return this;
    }

    /** Where an aggregate begins that the inbox does not know; {@link Start#AT_ONE} by default. */
    public Builder start(Start where) {
      start = where;
      return this;
    }

    /** How writes of a rejecting handler are undone; {@link Undo#SAVEPOINT} by default. */
    public Builder undo(Undo how) {
      undo = how;
      return this;
    }

    /**
     * How many receive at once, each with a thread and a transaction of its own; 8 by default. The
     * client needs twice as many connections and two more.
     *
     * @param count 1 to 64
     */
    public Builder loops(int count) {
      if (count < 1 || count > MAX_LOOPS) {
        throw new IllegalArgumentException(count + " loops are not 1 to " + MAX_LOOPS);
      }
      loops = count;
      return this;
    }

    /**
     * How long SQS holds an empty receive open, and so how long stopping takes; 20 s by default.
     *
     * @param time whole seconds up to 20
     */
    public Builder pollWait(Duration time) {
      if (time.isNegative() || time.compareTo(MAX_POLL_WAIT) > 0 || time.toNanosPart() != 0) {
        throw new IllegalArgumentException("a poll's wait of " + time + " is not 0 to 20 whole s");
      }
      pollWait = time;
      return this;
    }

    /** Who is told what happens; nobody by default. */
    public Builder metrics(ReceiverMetrics told) {
      metrics = told;
      return this;
    }

    /** Where transactions come from; plain JDBC on the data source by default. */
    public Builder transactions(Transactions from) {
      transactions = from;
      return this;
    }

    /** A pool for looking at the database, which busy transactions cannot empty. */
    public Builder watchedThrough(DataSource pool) {
      watched = pool;
      return this;
    }

    /** Makes the receiver's threads, virtual ones if you like; platform threads by default. */
    public Builder threads(ThreadFactory factory) {
      threads = factory;
      return this;
    }

    /**
     * What is to be done before anything is received, such as a migration; run again each second
     * until it throws nothing.
     */
    public Builder prepare(Runnable before) {
      preparation = before;
      return this;
    }

    /** Who says why the database cannot be used. */
    public Builder diagnosis(Diagnosis by) {
      diagnosis = by;
      return this;
    }

    /**
     * The receiver, which begins with {@link Receiver#start}.
     *
     * @throws IllegalStateException without any handler
     */
    public Receiver build() {
      if (handlers.isEmpty() && others.isEmpty()) {
        throw new IllegalStateException("a receiver without a handler would reject every event");
      }
      return new Receiver(this);
    }
  }
}
