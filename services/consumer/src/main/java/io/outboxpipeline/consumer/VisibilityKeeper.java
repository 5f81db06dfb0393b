package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Keeps a batch's messages hidden from others while they are worked on: extends their visibility
 * each time that half of it is over. Thread-safe.
 */
final class VisibilityKeeper implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(VisibilityKeeper.class.getName());

  private final MessageQueue queue;
  private final Set<Message> inHand;
  private final Thread thread;

  private VisibilityKeeper(MessageQueue queue, List<Message> messages, Duration half) {
    this.queue = queue;
    this.inHand = new HashSet<>(messages);
    this.thread = Thread.ofVirtual().name("consumer-visibility").unstarted(() -> keep(half));
  }

  static VisibilityKeeper start(MessageQueue queue, List<Message> messages) {
    Duration half = queue.facts().visibility().dividedBy(2);
    var keeper = new VisibilityKeeper(queue, messages, half);
    if (half.isPositive()) {
      keeper.thread.start();
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

  private void keep(Duration half) {
    Duration pause = half;
    try {
      while (true) {
        Thread.sleep(pause);
        pause = extend() ? half : half.dividedBy(4);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
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
  public void close() {
    thread.interrupt();
  }
}
