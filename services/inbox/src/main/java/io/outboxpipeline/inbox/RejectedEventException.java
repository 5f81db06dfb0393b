package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Events that a handler can never apply as they are: of an unknown type, or with a payload that it
 * does not understand. Not for what may be over at the next attempt.
 */
public final class RejectedEventException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<Rejection> rejections;

  /**
   * One event and why it was rejected.
   *
   * @param reason a sentence for the person who must decide about it
   */
  public record Rejection(Event event, String reason) {}

  public RejectedEventException(Event event, String reason) {
    this(List.of(new Rejection(event, reason)));
  }

  /**
   * @param rejections at least one
   */
  public RejectedEventException(List<Rejection> rejections) {
    super(rejections.stream().map(Rejection::reason).collect(Collectors.joining("; ")));
    if (rejections.isEmpty()) {
      throw new IllegalArgumentException("no event is rejected");
    }
    this.rejections = List.copyOf(rejections);
  }

  public List<Rejection> rejections() {
    return rejections;
  }
}
