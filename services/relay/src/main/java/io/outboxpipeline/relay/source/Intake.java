package io.outboxpipeline.relay.source;

import io.outboxpipeline.outbox.Aggregate;

/** What a source hands its events to. Thread-safe. */
public interface Intake {

  /** How much there is room for now. */
  Room room();

  /**
   * Hands an event over: of each aggregate the next one, after all that come before it.
   *
   * @return false if it stays with the source: its aggregate has enough in memory or is held, or
   *     its slot is not followed in its epoch
   */
  boolean offer(StoredEvent event);

  /** Whether events of an aggregate that stayed with the source would be taken by now. */
  boolean wants(Aggregate aggregate);

  /** An aggregate that an event held goes on. */
  void resume(Aggregate aggregate);

  /**
   * Room for events that were not handed over yet.
   *
   * @param rows how many, 0 if nothing is to be read now
   * @param bytes of their bodies
   * @param ofSlots how many more may be read of each slot
   */
  record Room(int rows, long bytes, SlotRoom ofSlots) {}

  /** How many more events may be read of a slot. */
  interface SlotRoom {
    int of(int slot);
  }
}
