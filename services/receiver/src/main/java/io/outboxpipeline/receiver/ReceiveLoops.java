package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.receiver.ReceiverMetrics.Count;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/** Receives while the database can be used, each loop on a thread of its own. Thread-safe. */
final class ReceiveLoops {
  private static final System.Logger LOG = System.getLogger(ReceiveLoops.class.getName());
  private static final Duration DATABASE_PERIOD = Duration.ofMillis(200);

  private final MessageQueue queue;
  private final DatabaseWatch database;
  private final BatchWork work;
  private final ReceiverMetrics metrics;
  private final Stop stop = new Stop();
  private final List<Thread> threads;
  private volatile Health health = Health.down("the queue was not reached yet");
  private volatile boolean started;

  ReceiveLoops(
      MessageQueue queue,
      DatabaseWatch database,
      BatchWork work,
      ReceiverMetrics metrics,
      int loops,
      ThreadFactory factory) {
    this.queue = queue;
    this.database = database;
    this.work = work;
    this.metrics = metrics;
    this.threads = IntStream.range(0, loops).mapToObj(i -> factory.newThread(this::loop)).toList();
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** Up while the queue answers. */
  Health health() {
    return health;
  }

  /** Whether the queue was reached at least once. */
  boolean started() {
    return started;
  }

  /** Up while all loops run. */
  Health alive() {
    return stop.told() || threads.stream().noneMatch(t -> t.getState() == Thread.State.TERMINATED)
        ? Health.up()
        : Health.down("a receive loop has ended");
  }

  private void loop() {
    int queueFailures = 0;
    int workFailures = 0;
    var attempt = new MessageQueue.Attempt();
    while (!stop.told()) {
      if (!database.up()) {
        lookAtQueue();
        stop.pause(DATABASE_PERIOD);
        continue;
      }
      try {
        // Known before anything is received: how long it stays hidden, and where it goes to die.
        queue.confirmedFacts();
        see(Health.up());
        List<Message> messages = queue.receive(attempt);
        queueFailures = 0;
        if (messages.isEmpty()) {
          continue;
        }
        if (work.run(messages)) {
          workFailures = 0;
        } else {
          // Each delivery counts towards the dead-letter queue: not too many while all fail.
          stop.pause(Backoff.after(++workFailures));
        }
      } catch (SdkException e) {
        if (!stop.told()) {
          metrics.count(Count.QUEUE_ERRORS, 1);
          see(Health.down("the queue cannot be used: " + e.getMessage()));
          queue.doubt();
          stop.pause(Backoff.after(++queueFailures));
        }
      } catch (RuntimeException e) {
        LOG.log(ERROR, "a receive loop failed and goes on", e);
        stop.pause(Backoff.after(++workFailures));
      }
    }
  }

  /** So that a wrong queue name is told while the database is away, too. */
  private void lookAtQueue() {
    if (started) {
      return;
    }
    try {
      queue.facts();
      see(Health.up());
    } catch (SdkException e) {
      see(Health.down("the queue cannot be used: " + e.getMessage()));
    }
  }

  /** Logs a change, and only that. */
  private synchronized void see(Health now) {
    Health before = health;
    health = now;
    if (now.isUp()) {
      started = true;
      if (!before.isUp()) {
        LOG.log(INFO, "the queue can be used");
      }
    } else if (before.isUp() || (!started && !now.equals(before))) {
      LOG.log(WARNING, now.trouble().orElseThrow());
    }
  }

  /**
   * Receives no more, and returns when what is in hand is committed and deleted. An interrupt
   * breaks off what still waits.
   */
  void drain() {
    stop.tell();
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
    }
  }
}
