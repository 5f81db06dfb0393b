package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.StoredEvent;

/** How much is in memory, and for how much more there is room. Guarded by the backlog's lock. */
final class Memory {
  private final Limits limits;
  private final int[] rowsOfSlot = new int[Slots.COUNT];
  private long rows;
  private long bytes;

  /** Whether the source was told that there is no room. */
  private boolean full;

  Memory(Limits limits) {
    this.limits = limits;
  }

  long rows() {
    return rows;
  }

  long bytes() {
    return bytes;
  }

  Intake.Room room() {
    full = isHalfFull();
    int free = full ? 0 : (int) Math.min(limits.rows() - rows, limits.fetchRows());
    int[] used = rowsOfSlot.clone();
    int most = limits.slotRows() / 2;
    // What a look for predecessors takes comes on top.
    return new Intake.Room(
        free, limits.bytes() * 3 / 4 - bytes, slot -> used[slot] > most ? 0 : most);
  }

  private boolean isHalfFull() {
    return rows > limits.rows() / 2 || bytes > limits.bytes() / 2;
  }

  void add(StoredEvent event) {
    rowsOfSlot[event.slot()]++;
    rows++;
    bytes += event.bytes();
  }

  /**
   * Events leave: sent, given up, or to be read again.
   *
   * @return whether there is room by now and was none
   */
  boolean remove(Iterable<StoredEvent> gone) {
    for (StoredEvent event : gone) {
      rows--;
      bytes -= event.bytes();
      rowsOfSlot[event.slot()]--;
    }
    boolean again = full && !isHalfFull();
    full &= !again;
    return again;
  }
}
