package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.util.List;
import java.util.Set;

/**
 * What a call did, provided that its transaction commits.
 *
 * @param outcomes one for each event given, in their order
 * @param replayed the events that were parked before this call and that the handler ran for now, in
 *     order within each chain
 * @param unfinished chains that have more parked events whose turn has come than one transaction
 *     takes: after the commit call {@link Inbox#resume} for each, in a transaction of its own
 */
public record Receipt(List<Outcome> outcomes, List<Event> replayed, Set<Chain> unfinished) {

  public Receipt {
    outcomes = List.copyOf(outcomes);
    replayed = List.copyOf(replayed);
    unfinished = Set.copyOf(unfinished);
  }
}
