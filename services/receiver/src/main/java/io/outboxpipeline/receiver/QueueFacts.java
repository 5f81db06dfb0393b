package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.receiver.MessageQueue.Facts;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * What is known of the queue. Someone may change it while this runs, so it is looked at once a
 * minute, beside the work: who asks is given what was known last, and waits for nobody.
 * Thread-safe.
 */
final class QueueFacts {
  private static final System.Logger LOG = System.getLogger(QueueFacts.class.getName());
  private static final Duration KEPT = Duration.ofMinutes(1);

  private final Supplier<Facts> reader;
  private final ThreadFactory threads;
  private final AtomicBoolean refreshing = new AtomicBoolean();
  private volatile @Nullable Facts known;
  private volatile boolean doubted;

  /**
   * @param reader asks SQS; throws {@link SdkException}
   */
  QueueFacts(Supplier<Facts> reader, ThreadFactory threads) {
    this.threads = threads;
    this.reader = reader;
  }

  /**
   * What was known last; asks only while nothing is.
   *
   * @throws SdkException if nothing is known and SQS can't be asked
   */
  Facts get() {
    Facts now = known;
    if (now == null) {
      return read();
    }
    if (System.nanoTime() - now.readAt() > KEPT.toNanos()
        && refreshing.compareAndSet(false, true)) {
      threads.newThread(this::refresh).start();
    }
    return now;
  }

  /**
   * What is known, asked for anew if a request to the queue has failed since.
   *
   * @throws SdkException if SQS can't be asked
   */
  Facts confirmed() {
    return doubted ? read() : get();
  }

  /** A request to the queue has failed. */
  void doubt() {
    doubted = true;
  }

  private Facts read() {
    Facts fresh = reader.get();
    known = fresh;
    doubted = false;
    return fresh;
  }

  private void refresh() {
    try {
      read();
    } catch (SdkException e) {
      LOG.log(WARNING, "cannot look at the queue''s attributes again: {0}", e.getMessage());
    } finally {
      refreshing.set(false);
    }
  }
}
