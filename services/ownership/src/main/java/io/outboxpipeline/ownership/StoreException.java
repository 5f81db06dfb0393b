package io.outboxpipeline.ownership;

/** The store or the fence did not answer: what was asked of it may have been done, or not. */
public final class StoreException extends RuntimeException {

  private static final long serialVersionUID = 1;

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
