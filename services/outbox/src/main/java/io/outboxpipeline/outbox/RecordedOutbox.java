package io.outboxpipeline.outbox;

import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * For tests of code that appends: keeps the events in memory and numbers them as the outbox would.
 * It looks at no connection, so a rollback takes nothing back. Thread-safe.
 */
public final class RecordedOutbox implements EventAppender {
  private final List<NewEvent> events = new ArrayList<>();
  private final Map<Aggregate, Long> numbers = new HashMap<>();

  @Override
  public synchronized List<Appended> append(Connection transaction, List<NewEvent> more) {
    List<Appended> appended = new ArrayList<>();
    for (NewEvent event : more) {
      events.add(event);
      appended.add(
          new Appended(UUID.randomUUID(), numbers.merge(event.aggregate(), 1L, Long::sum)));
    }
    return appended;
  }

  /** What was appended, in its order. */
  public synchronized List<NewEvent> events() {
    return List.copyOf(events);
  }

  /** Forgets events and numbers. */
  public synchronized void clear() {
    events.clear();
    numbers.clear();
  }
}
