package io.outboxpipeline.dynamodb;

/**
 * The write may be done, or not, and this library will not send it again: that could do it twice.
 * An item of the caller's own, such as one per Idempotency-Key, tells.
 */
public final class OutcomeUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1;

  OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }
}
