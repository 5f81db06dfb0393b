package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What the backlog knows of one aggregate that has rows in the outbox. Guarded by the backlog's
 * lock.
 */
final class Lane {
  private final Aggregate aggregate;
  private final int slot;

  /** Rows in memory that were not sent yet, by id. */
  final Deque<Row> waiting = new ArrayDeque<>();

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

  /** The event that can never be sent and holds this lane; empty if none does. */
  String heldBy = "";

  /** When the event that holds this lane was written. */
  Instant heldSince = Instant.EPOCH;

  /** From this id on, all rows were left in the table for later; 0 if none were. */
  long leftFrom;

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

  boolean held() {
    return !heldBy.isEmpty();
  }

  /** Leaves all rows from an id on in the table. */
  void leave(long id) {
    leftFrom = leftFrom == 0 ? id : Math.min(leftFrom, id);
  }

  boolean sendable() {
    return inFlight == null && !held() && (again != null || !waiting.isEmpty());
  }

  boolean empty() {
    return waiting.isEmpty() && inFlight == null && again == null && !held() && leftFrom == 0;
  }

  /** Adds a row at its place by id: late ones go before others. */
  void add(Row row) {
    boolean late = !waiting.isEmpty() && row.id() < waiting.getLast().id();
    waiting.addLast(row);
    if (late) {
      var sorted = new ArrayList<>(waiting);
      sorted.sort(Comparator.comparingLong(Row::id));
      waiting.clear();
      waiting.addAll(sorted);
    }
  }

  /** When the oldest event of this lane that is in memory, or holds it, was written. */
  @Nullable Instant oldest() {
    if (held()) {
      return heldSince;
    }
    Message first = inFlight != null ? inFlight : again;
    if (first != null) {
      return first.rows().getFirst().createdAt();
    }
    return waiting.isEmpty() ? null : waiting.getFirst().createdAt();
  }
}
