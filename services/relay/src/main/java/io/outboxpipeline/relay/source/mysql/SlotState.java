package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is known of one slot that is read. Of one thread. */
final class SlotState {
  /** Before a read found several: as if rows were spread evenly over all slots. */
  private static final double EVEN = 1.0 / Slots.COUNT;

  final int number;
  final Grant grant;

  /** The highest id read so far. Late rows may still appear below it. */
  long cursor;

  /** Whether the table may have rows above the cursor. */
  boolean behind = true;

  /** Whether the last read found more than it was to take. */
  boolean deep;

  /** Rows per id, in the last read that found several: a guess at how many are left. */
  double density = EVEN;

  /** Whether the slot was read from its start in this grant, so that only late rows were missed. */
  boolean readFromStart;

  /** Whether no more is to be read of it. */
  boolean stopped;

  /** Event ids of rows that were handed over and are not known to be deleted, by id. */
  final Map<Long, String> known = new HashMap<>();

  /** Aggregates that are left in the table from some id on. */
  final Map<Aggregate, Left> left = new LinkedHashMap<>();

  SlotState(int number, Grant grant) {
    this.number = number;
    this.grant = grant;
  }

  boolean isKnown(long id) {
    return known.containsKey(id);
  }

  /** Whether this very event was handed over: after a restore an id may be another event's. */
  boolean isKnown(long id, String eventId) {
    return eventId.equals(known.get(id));
  }

  boolean isLeft(Aggregate aggregate, long id) {
    Left at = left.get(aggregate);
    return at != null && (at.held || id >= at.from);
  }

  /** Leaves an aggregate's rows from an id on in the table. */
  Left leave(Aggregate aggregate, long id) {
    Left at = left.get(aggregate);
    if (at == null) {
      at = new Left(aggregate, id);
      left.put(aggregate, at);
    } else {
      at.from = Math.min(at.from, id);
    }
    return at;
  }

  /** It is another table by now: only what is in memory is still known. */
  void startOver() {
    cursor = 0;
    behind = true;
    deep = false;
    density = EVEN;
    readFromStart = false;
    left.values().forEach(l -> l.from = 0);
  }
}
