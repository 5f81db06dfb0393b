package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Slots;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the backlog knows of one slot that it owns. Guarded by the backlog's lock. */
final class Slot {
  final int number;
  final Partition partition;

  /**
   * The highest id read so far, rows of aggregates that were left in the table left out. Late rows
   * may still appear below it.
   */
  long cursor;

  /** Whether the table may have rows above the cursor. */
  boolean behind = true;

  /** Whether the last read found more than it was to take. */
  boolean deep;

  /**
   * Rows per id, in the last read that found several: a guess at how many are left. Before one did,
   * as if rows were spread evenly.
   */
  double density = 1.0 / Slots.COUNT;

  /** Whether the slot was read from its start in this grant, so that only late rows were missed. */
  boolean readFromStart;

  /** Ids of rows in memory, and of those acknowledged and not deleted yet. */
  final Set<Long> known = new HashSet<>();

  /** Deleted since the last read began; a read that was under way may still return them. */
  final List<Long> deleted = new ArrayList<>();

  /** Rows in memory that were not acknowledged. */
  int rows;

  Slot(int number, Partition partition) {
    this.number = number;
    this.partition = partition;
  }

  boolean seen(long id) {
    return known.contains(id);
  }
}
