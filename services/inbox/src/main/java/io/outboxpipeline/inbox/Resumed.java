package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.util.List;
import java.util.Optional;

/**
 * How a chain went on after a person's decision about it, provided that the transaction commits.
 *
 * @param last the last number that is now applied or given up
 * @param applied the events that the handler ran for, in order; no more than one transaction takes
 * @param rejected the event that the handler rejected then, if the chain stopped at one
 * @param unfinished whether more parked events wait whose turn has come: after the commit call
 *     {@link Inbox#resume}
 */
public record Resumed(
    long last, List<Event> applied, Optional<Rejection> rejected, boolean unfinished) {

  public Resumed {
    applied = List.copyOf(applied);
  }
}
