package io.outboxpipeline.operator.model;

/** How the last look at the queue ended. */
public sealed interface QueueState {

  /** It is as the spec says. */
  record Ready(BoundQueue queue) implements QueueState {}

  /**
   * It is not, or nobody knows.
   *
   * @param reason one word, for the condition
   * @param message what is wrong and what to do; no secrets
   */
  record Failed(String reason, String message) implements QueueState {}
}
