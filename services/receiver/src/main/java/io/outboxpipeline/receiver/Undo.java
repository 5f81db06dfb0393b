package io.outboxpipeline.receiver;

/** How the writes of a handler that rejects events are undone. */
public enum Undo {
  /** By a savepoint, in the same transaction: for handlers that write by JDBC alone. */
  SAVEPOINT,
  /**
   * By rolling back the whole transaction. A second one records the rejection and applies the rest,
   * without a call of the handler for what it rejected. For handlers that write by JPA, whose
   * session keeps what a savepoint undid.
   */
  TRANSACTION
}
