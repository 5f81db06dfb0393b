package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.source.StoredEvent;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Before rows are handed over whose predecessor was never seen, looks whether it came late. Not
 * thread-safe.
 */
final class Predecessors {
  /** What one such look may take into memory beside what the round may. */
  private static final int ROWS = 1024;

  private static final long BYTES = 2 << 20;

  private final SlotTable slots;
  private final Sequences sequences;

  Predecessors(SlotTable slots, Sequences sequences) {
    this.slots = slots;
    this.sequences = sequences;
  }

  /**
   * Hands over the predecessors that came late.
   *
   * @param staged rows about to be added, each slot's by id
   * @param emptied aggregates of which nothing is left in the table once they are added
   * @param settled what is at or below this id was seen
   * @return slots whose staged rows can't be added now: there was no room for all predecessors
   */
  Set<Integer> addMissed(
      OutboxTable table,
      List<StoredEvent> staged,
      Set<Aggregate> emptied,
      long settled,
      Owned owned)
      throws SQLException {
    Set<Integer> blocked = new HashSet<>();
    for (var slot : suspicious(staged, emptied, settled).entrySet()) {
      if (!addMissed(table, slot.getKey(), slot.getValue(), settled, owned)) {
        blocked.add(slot.getKey());
      }
    }
    return blocked;
  }

  /** Whether all of them were added. */
  private boolean addMissed(
      OutboxTable table, int number, Map<Aggregate, Long> below, long settled, Owned owned)
      throws SQLException {
    SlotState slot = slots.slot(number);
    long after = settled;
    var allowance = new Allowance(ROWS, BYTES);
    while (slot != null) {
      List<Key> keys = table.keysOf(number, after, below, LateLook.KEYS);
      List<Long> missed =
          keys.stream()
              .filter(k -> !slot.isKnown(k.id(), k.eventId()))
              .filter(k -> !slot.isLeft(k.aggregate(), k.id()))
              .map(Key::id)
              .toList();
      if (!missed.isEmpty()) {
        Found found = table.rows(number, missed, owned, allowance);
        found.events().forEach(slots::add);
        if (!found.complete()) {
          return false;
        }
      }
      if (keys.size() < LateLook.KEYS) {
        return true;
      }
      after = keys.getLast().id();
    }
    return true;
  }

  /** By slot, the aggregates to look for, each below the first of its staged rows. */
  private Map<Integer, Map<Aggregate, Long>> suspicious(
      List<StoredEvent> staged, Set<Aggregate> emptied, long settled) {
    Map<Integer, Map<Aggregate, Long>> suspicious = new TreeMap<>();
    Map<Aggregate, Long> previous = new HashMap<>();
    for (StoredEvent row : staged) {
      Long before = previous.put(row.aggregate(), row.sequence());
      OptionalLong last =
          before == null ? sequences.last(row.aggregate()) : OptionalLong.of(before);
      boolean follows = last.isPresent() && last.getAsLong() == row.sequence() - 1;
      SlotState slot = slots.slot(row.slot());
      if (follows || row.sequence() <= 1 || slot == null || !slot.readFromStart) {
        continue;
      }
      Left left = slot.left.get(row.aggregate());
      boolean leftAnyway = left != null && (left.held || !emptied.contains(row.aggregate()));
      if (!leftAnyway && row.position() > settled + 1) {
        suspicious
            .computeIfAbsent(row.slot(), n -> new HashMap<>())
            .putIfAbsent(row.aggregate(), row.position());
      }
    }
    return suspicious;
  }
}
