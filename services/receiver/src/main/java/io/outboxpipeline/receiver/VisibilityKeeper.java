package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Keeps a batch's messages hidden from others while they are worked on: extends their visibility
 * each time that half of it is over. Thread-safe.
 */
final class VisibilityKeeper implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(VisibilityKeeper.class.getName());

  private final MessageQueue queue;
  private final ScheduledExecutorService timer;
  private final Set<Message> inHand;
  private final Duration half;
  private @Nullable ScheduledFuture<?> next;
  private boolean closed;

  private VisibilityKeeper(
      MessageQueue queue, ScheduledExecutorService timer, List<Message> messages, Duration half) {
    this.queue = queue;
    this.timer = timer;
    this.inHand = new HashSet<>(messages);
    this.half = half;
  }

  /**
   * @param timer with a thread for each batch that is in hand at once, because a request may take
   *     long
   */
  static VisibilityKeeper start(
      MessageQueue queue, ScheduledExecutorService timer, List<Message> messages) {
    Duration half = queue.facts().visibility().dividedBy(2);
    var keeper = new VisibilityKeeper(queue, timer, messages, half);
    if (!half.isZero()) {
      keeper.after(half);
    }
    return keeper;
  }

  /** These are done with, or left to be delivered again. */
  synchronized void release(List<Message> messages) {
    messages.forEach(inHand::remove);
  }

  private synchronized List<Message> inHand() {
    return List.copyOf(inHand);
  }

  private synchronized void after(Duration pause) {
    if (closed) {
      return;
    }
    try {
      next = timer.schedule(this::keep, pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.log(WARNING, "the receiver is closed, and messages in hand may come again");
    }
  }

  private void keep() {
    after(extend() ? half : half.dividedBy(4));
  }

  /** A request that fails is made again soon, because half of the messages' time is left. */
  private boolean extend() {
    List<Message> messages = inHand();
    try {
      return messages.isEmpty() || queue.extendVisibility(messages) == 0;
    } catch (SdkException e) {
      LOG.log(WARNING, "could not extend the visibility of messages: {0}", e.getMessage());
      return false;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    inHand.clear();
    if (next != null) {
      next.cancel(false);
    }
  }
}
