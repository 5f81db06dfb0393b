package io.outboxpipeline.operator.queue;

import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Notice;
import java.util.List;

/** How an attempt to have the queue as described ended. */
public sealed interface Bound {

  /**
   * It is.
   *
   * @param done what had to be done for it, for people
   */
  record Done(BoundQueue queue, List<Notice> done) implements Bound {}

  /**
   * It is not.
   *
   * @param reason one word
   * @param message what is wrong and what to do; no secrets
   */
  record Failed(String reason, String message) implements Bound {}
}
