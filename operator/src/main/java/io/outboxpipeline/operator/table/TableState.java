package io.outboxpipeline.operator.table;

/** How a look at a pipeline's tables ended. */
public sealed interface TableState {

  /** They are as they must be. */
  record Ready() implements TableState {}

  /**
   * They are not, or nobody knows.
   *
   * @param reason one word, for the condition
   * @param message what is wrong and what to do; no secrets
   * @param stalled whether it stays so until a person does something
   */
  record Failed(String reason, String message, boolean stalled) implements TableState {}
}
