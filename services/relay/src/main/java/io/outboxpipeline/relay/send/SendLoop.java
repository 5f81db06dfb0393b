package io.outboxpipeline.relay.send;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.relay.backlog.Backlog;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.send.SendResult.Answered;
import io.outboxpipeline.relay.send.SendResult.Entry;
import io.outboxpipeline.relay.send.SendResult.Failed;
import io.outboxpipeline.relay.send.SendResult.Refused;
import io.outboxpipeline.runtime.Backoff;
import io.outboxpipeline.runtime.Tracing;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends what the backlog has ready, several requests at once, each only while this member may send.
 * What failed goes again after a back-off with jitter: the whole loop's when a request failed, one
 * aggregate's when its message alone did.
 */
public final class SendLoop implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SendLoop.class.getName());
  private static final long WAIT = Duration.ofSeconds(1).toNanos();
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(100), Duration.ofSeconds(20));

  /** So many refusals without one success are taken for the queue's trouble, not the events'. */
  private static final int REFUSALS_IN_A_ROW = 20;

  private static final int TROUBLE_AFTER = 3;

  private static final int ENTRIES_LIKE_A_REQUEST = 10;

  /** A queue's limits may be raised while relays run. */
  private static final long REFRESH_EVERY = Duration.ofSeconds(30).toNanos();

  private static final long PROBE_EVERY = Duration.ofSeconds(5).toNanos();

  private final Backlog backlog;
  private final Supplier<Queue> find;
  private final BooleanSupplier maySend;
  private final SendMeter metrics;
  private final Tracing tracing;
  private final TimeLimit limit;
  private final int concurrency;
  private final Semaphore permits;
  private final ExecutorService requests =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("send-", 0).factory());

  /** Virtual like the requests: to start one of them wakes no other thread. */
  private final Thread thread = Thread.ofVirtual().name("send").unstarted(this::run);

  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger entryFailures = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private long lastProbe = System.nanoTime();
  private long nextRefresh = System.nanoTime() + REFRESH_EVERY;
  private volatile long pausedUntil = System.nanoTime();
  private volatile @Nullable String trouble = "the queue was not asked yet";
  private volatile boolean warned;
  private volatile boolean stopped;

  /**
   * @param find finds the queue, or throws an SdkException
   * @param timeout of a request
   * @param concurrency how many requests at once
   */
  public SendLoop(
      Backlog backlog,
      Supplier<Queue> find,
      BooleanSupplier maySend,
      SendMeter metrics,
      Tracing tracing,
      Duration timeout,
      int concurrency) {
    this.backlog = backlog;
    this.find = find;
    this.maySend = maySend;
    this.metrics = metrics;
    this.tracing = tracing;
    this.limit = new TimeLimit(timeout);
    this.concurrency = concurrency;
    this.permits = new Semaphore(concurrency);
  }

  public void start() {
    thread.start();
  }

  public boolean isAlive() {
    return thread.isAlive();
  }

  /** Why nothing can be sent now, if so. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Takes nothing new, and waits for the requests on their way. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    requests.close();
    limit.close();
  }

  private void run() {
    try {
      Queue queue = findQueue();
      while (!stopped) {
        long pause = pausedUntil - System.nanoTime();
        if (pause > 0) {
          Thread.sleep(Duration.ofNanos(pause));
        }
        if (!maySend.getAsBoolean()) {
          Thread.sleep(Duration.ofMillis(20));
          continue;
        }
        refresh(queue);
        permits.acquire();
        List<Message> messages = List.of();
        try {
          messages = backlog.take(System.nanoTime(), WAIT, queue.limits());
        } finally {
          if (messages.isEmpty()) {
            permits.release();
          }
        }
        if (messages.isEmpty()) {
          probe(queue);
        } else {
          List<Message> taken = messages;
          requests.execute(
              () -> {
                try {
                  send(queue, taken);
                } finally {
                  permits.release();
                }
              });
        }
      }
    } catch (InterruptedException e) {
      // stopped
    }
  }

  private Queue findQueue() throws InterruptedException {
    for (int n = 1; ; n++) {
      try {
        Queue queue = find.get();
        trouble = null;
        warned = false;
        LOG.log(INFO, "sends to {0}, up to {1} requests at once", queue.url(), concurrency);
        return queue;
      } catch (RuntimeException e) {
        fail(n, "the queue can't be found: " + e.getMessage());
        Thread.sleep(BACKOFF.after(n));
      }
    }
  }

  private void send(Queue queue, List<Message> messages) {
    if (!maySend.getAsBoolean()) {
      messages.forEach(m -> backlog.failed(m, System.nanoTime()));
      return;
    }
    SendSpans spans = SendSpans.begin(tracing, queue.url(), messages);
    long began = System.nanoTime();
    SendResult result;
    try {
      result = limit.call(() -> queue.send(messages, spans.traceparents()));
    } catch (RuntimeException e) {
      LOG.log(WARNING, "a request failed in a way that is not foreseen", e);
      result = new Failed(e.toString());
    }
    long took = System.nanoTime() - began;
    spans.in(0, () -> metrics.request(took));
    spans.end(result);
    switch (result) {
      case Answered(List<Entry> entries) -> {
        for (int i = 0; i < entries.size(); i++) {
          int message = i;
          spans.in(i, () -> answered(messages.get(message), entries.get(message)));
        }
      }
      case Failed(String reason) -> {
        long at = pause(began, reason);
        messages.forEach(m -> retry(m, at));
      }
      case Refused(String reason) -> {
        if (messages.size() == 1) {
          answered(messages.getFirst(), new Entry.Refused(reason));
        } else {
          backlog.refused(messages, reason);
        }
      }
    }
  }

  /**
   * Pauses all sending after a request failed. Those that were on their way together failed of the
   * same cause and count as one.
   *
   * @return when to go on
   */
  private synchronized long pause(long began, String reason) {
    if (began - pausedUntil >= 0) {
      int n = failures.incrementAndGet();
      pausedUntil = System.nanoTime() + BACKOFF.after(n).toNanos();
      fail(n, reason);
    }
    return pausedUntil;
  }

  /** Not by this thread: events need not wait for it. */
  private void refresh(Queue queue) {
    if (System.nanoTime() - nextRefresh >= 0) {
      nextRefresh = System.nanoTime() + REFRESH_EVERY;
      Thread.ofVirtual().name("queue-limits").start(queue::answers);
    }
  }

  /**
   * A queue that is well again is told so even if there is nothing to send to it. While something
   * is, only a message that it takes says that it is well: it may answer and take none.
   */
  private void probe(Queue queue) {
    if (trouble != null && backlog.isEmpty() && System.nanoTime() - lastProbe > PROBE_EVERY) {
      lastProbe = System.nanoTime();
      if (queue.answers()) {
        well();
      }
    }
  }

  private void well() {
    failures.set(0);
    entryFailures.set(0);
    if (trouble != null) {
      trouble = null;
      warned = false;
      LOG.log(INFO, "sends again");
    }
  }

  private void answered(Message message, Entry entry) {
    switch (entry) {
      case Entry.Sent(String _) -> {
        well();
        refusals.set(0);
        metrics.sent(message);
        backlog.acknowledged(message);
      }
      case Entry.Failed(String reason) -> {
        // A few at a time are a queue's daily life; that none arrives is not.
        fail(entryFailures.incrementAndGet() / ENTRIES_LIKE_A_REQUEST, reason);
        int n = backlog.failures(message) + 1;
        retry(message, System.nanoTime() + BACKOFF.after(n).toNanos());
      }
      case Entry.Refused(String reason) -> {
        if (message.events().size() == 1 && refusals.incrementAndGet() > REFUSALS_IN_A_ROW) {
          fail(failures.incrementAndGet(), "SQS refuses every message: " + reason);
          int n = backlog.failures(message) + 1;
          retry(message, System.nanoTime() + BACKOFF.after(n).toNanos());
        } else {
          backlog.refused(message, reason);
        }
      }
    }
  }

  private void retry(Message message, long at) {
    metrics.retried();
    backlog.failed(message, at);
  }

  /** One failure now and then is a queue's daily life; several in a row a person should know of. */
  private void fail(int inARow, String reason) {
    if (inARow < TROUBLE_AFTER) {
      return;
    }
    trouble = reason;
    if (!warned) {
      warned = true;
      LOG.log(WARNING, "nothing can be sent, tries again: {0}", reason);
    }
  }
}
