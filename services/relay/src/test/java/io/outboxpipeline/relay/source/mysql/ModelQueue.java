package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** SQS in memory, which throws if an event overtakes another one or is sent twice for nothing. */
final class ModelQueue {
  /** Up to which number it has each aggregate's events. */
  private final Map<Aggregate, Long> received = new HashMap<>();

  private final Set<String> acknowledged = new HashSet<>();
  private boolean mayRepeat;

  /** Something happened after which events may be sent again. */
  void mayRepeat() {
    mayRepeat = true;
  }

  /** The message arrives. */
  void receive(Message message) {
    long last = last(message.aggregate());
    for (StoredEvent e : message.events()) {
      if (e.sequence() > last + 1) {
        throw new AssertionError(
            "event " + e.sequence() + " of " + e.aggregate() + " overtook " + (last + 1));
      }
      if (!mayRepeat && e.sequence() != last + 1) {
        throw new AssertionError(
            "event " + e.sequence() + " of " + e.aggregate() + " was sent twice");
      }
      last = Math.max(last, e.sequence());
    }
    received.put(message.aggregate(), last);
  }

  /** The relay learns that it arrived. */
  void acknowledge(Message message) {
    message.events().forEach(e -> acknowledged.add(e.eventId()));
  }

  boolean hasAcknowledged(String eventId) {
    return acknowledged.contains(eventId);
  }

  long last(Aggregate aggregate) {
    return received.getOrDefault(aggregate, 0L);
  }
}
