package io.outboxpipeline.receiver;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives each event to the handler of its type: as many at once as follow one another with the same
 * handler. Rejects what has none, before anything is written. Thread-safe as the handlers are.
 */
final class HandlersByType implements EventHandler {
  private final Map<String, EventHandler> byType;
  private final Optional<EventHandler> others;

  /**
   * @param others the handler of all other types
   */
  HandlersByType(Map<String, EventHandler> byType, Optional<EventHandler> others) {
    this.byType = Map.copyOf(byType);
    this.others = others;
  }

  @Override
  public void apply(Connection transaction, List<Event> run)
      throws SQLException, RejectedEventException {
    List<Rejection> unknown =
        run.stream()
            .filter(e -> handler(e) == null)
            .map(e -> new Rejection(e, "events of type " + e.type() + " are not known here"))
            .toList();
    if (!unknown.isEmpty()) {
      throw new RejectedEventException(unknown);
    }
    List<Event> together = new ArrayList<>();
    for (Event event : run) {
      if (!together.isEmpty() && !Objects.equals(handler(together.get(0)), handler(event))) {
        hand(transaction, together);
        together = new ArrayList<>();
      }
      together.add(event);
    }
    hand(transaction, together);
  }

  private void hand(Connection transaction, List<Event> events)
      throws SQLException, RejectedEventException {
    Objects.requireNonNull(handler(events.get(0))).apply(transaction, events);
  }

  private @Nullable EventHandler handler(Event event) {
    return byType.getOrDefault(event.type(), others.orElse(null));
  }
}
