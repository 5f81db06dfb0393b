package io.outboxpipeline.spring.receiver;

/**
 * A listener can never apply this event as it is. All that its transaction wrote is rolled back; a
 * second one keeps the event with the reason, and applies what does not depend on it.
 */
public final class EventRejectedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * @param reason a sentence for the person who must decide about the event, without its values
   */
  public EventRejectedException(String reason) {
    super(reason);
  }
}
