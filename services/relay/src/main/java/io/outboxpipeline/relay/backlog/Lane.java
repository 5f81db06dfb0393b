package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** What the backlog has of one aggregate. Guarded by the backlog's lock. */
final class Lane {
  private final Aggregate aggregate;
  private final int slot;

  /** Not sent yet, by sequence. */
  final Deque<StoredEvent> waiting = new ArrayDeque<>();

  /** Taken and not answered yet: the one message of this aggregate that may be on its way. */
  @Nullable Message inFlight;

  /** To be sent again before anything else, as it is. */
  @Nullable Message again;

  /** Whether this lane stands in the ready queue or among the delayed. */
  boolean queued;

  /** Consecutive failures of this lane's message alone. */
  int failures;

  /** Events to send one by one, because a pack with them was refused. */
  int singly;

  /**
   * Whether its next message goes in a request of its own, because a request with it was refused.
   */
  boolean alone;

  /** Whether an event that can never be sent holds it. */
  boolean held;

  Lane(Aggregate aggregate) {
    this.aggregate = aggregate;
    this.slot = aggregate.slot();
  }

  Aggregate aggregate() {
    return aggregate;
  }

  int slot() {
    return slot;
  }

  boolean sendable() {
    return inFlight == null && !held && (again != null || !waiting.isEmpty());
  }

  boolean empty() {
    return waiting.isEmpty() && inFlight == null && again == null && !held;
  }

  /** Whether an event comes before one that waits here. */
  boolean precedes(StoredEvent event) {
    return !waiting.isEmpty() && event.sequence() < waiting.getLast().sequence();
  }

  /** Adds an event at its place by sequence: late ones go before others. */
  void add(StoredEvent event) {
    boolean late = precedes(event);
    waiting.addLast(event);
    if (late) {
      var sorted = new ArrayList<>(waiting);
      sorted.sort(Comparator.comparingLong(StoredEvent::sequence));
      waiting.clear();
      waiting.addAll(sorted);
    }
  }

  /** When the oldest event of this lane was written. */
  @Nullable Instant oldest() {
    Message first = inFlight != null ? inFlight : again;
    if (first != null) {
      return first.events().getFirst().createdAt();
    }
    return waiting.isEmpty() ? null : waiting.getFirst().createdAt();
  }
}
