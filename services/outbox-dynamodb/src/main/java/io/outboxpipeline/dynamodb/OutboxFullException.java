package io.outboxpipeline.dynamodb;

/**
 * So many bytes of events wait in the item that no more are taken until some are sent. Nothing is
 * written. The same write may succeed later: {@link Retryable} says so. No other aggregate is
 * concerned.
 */
public final class OutboxFullException extends RuntimeException {
  private static final long serialVersionUID = 1;

  OutboxFullException(String message) {
    super(message);
  }
}
