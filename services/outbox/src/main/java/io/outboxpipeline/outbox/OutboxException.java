package io.outboxpipeline.outbox;

/**
 * An append failed, and nothing of it is left: no event, and no number that was taken. Unchecked,
 * so that frameworks roll back by default. The business change should not be committed without its
 * event: roll back, and run the whole transaction again if {@link #retryable()}.
 */
public final class OutboxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean retryable;
  private final boolean transactionLost;

  OutboxException(String message, Throwable cause, boolean transactionLost) {
    super(message, cause);
    this.retryable = DatabaseFailure.of(cause) == DatabaseFailure.CONFLICT;
    this.transactionLost = transactionLost;
  }

  /**
   * Whether the whole transaction may succeed if it is run again: it was a deadlock's victim,
   * waited too long for a lock, or lost to another node of a cluster.
   */
  public boolean retryable() {
    return retryable;
  }

  /**
   * Whether the database has already rolled back everything that the transaction did before, as
   * after a deadlock or a lost connection. If not, only this append is undone, as after a wait for
   * a lock.
   */
  public boolean transactionLost() {
    return transactionLost;
  }
}
