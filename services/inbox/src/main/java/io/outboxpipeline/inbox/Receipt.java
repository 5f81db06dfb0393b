package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.util.List;

/**
 * What a call did, provided that its transaction commits.
 *
 * @param outcomes one for each event given, in their order
 * @param replayed the events that were parked before this call and that the handler ran for now, in
 *     order within each chain
 */
public record Receipt(List<Outcome> outcomes, List<Event> replayed) {

  public Receipt {
    outcomes = List.copyOf(outcomes);
    replayed = List.copyOf(replayed);
  }
}
