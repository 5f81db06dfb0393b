package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * How much to read of which slot: a little of each that may have something new, and of those with a
 * backlog, in turn, as much as packs well. Not thread-safe.
 */
final class ReadPlan {
  /** Read at once of a slot beside what it is likely to have. */
  private static final int SHALLOW_ROWS = 16;

  /** A slot that is likely to have more is read in two steps, so that others come between. */
  private static final int FEW_ROWS = 48;

  /** Rows of the first step: few, for most are of different aggregates, and pack badly. */
  static final int FIRST_ROWS = 4;

  /** Where the next read of a little goes on, and that of slots with a backlog. */
  private int firstShallow;

  private int firstDeep;

  /**
   * A slot that may have rows above its cursor.
   *
   * @param deep whether the last read found more than it was to take
   * @param likely how many rows it may have
   * @param most to be read of it now
   */
  record Behind(int slot, long cursor, boolean deep, double likely, int most) {}

  /**
   * What to read, as far as there is room for it.
   *
   * @param behind by slot
   */
  List<SlotRead> of(List<Behind> behind, int room) {
    List<Behind> shallow = inTurn(behind, firstShallow, false);
    List<Behind> deep = inTurn(behind, firstDeep, true);
    List<SlotRead> reads = new ArrayList<>();
    if (room > 0) {
      int part = deep.isEmpty() ? room : Math.max(1, room / 2);
      firstShallow = read(reads, shallow, part, ReadPlan::shallowRows).orElse(firstShallow);
      int rest = room - reads.stream().mapToInt(SlotRead::limit).sum();
      firstDeep = read(reads, deep, rest, ReadPlan::deepRows).orElse(firstDeep);
    }
    return reads;
  }

  private static List<Behind> inTurn(List<Behind> behind, int first, boolean deep) {
    List<Behind> from = new ArrayList<>();
    List<Behind> before = new ArrayList<>();
    for (Behind slot : behind) {
      if (slot.deep() == deep && slot.most() > 0) {
        (slot.slot() % Slots.COUNT >= first ? from : before).add(slot);
      }
    }
    from.addAll(before);
    return from;
  }

  /** So that few rows are read at once, and pack well, and of many a little comes first. */
  private static int shallowRows(Behind slot) {
    return slot.likely() > FEW_ROWS ? FIRST_ROWS : (int) (SHALLOW_ROWS + slot.likely());
  }

  /** So that a read is full of several slots with few rows left, and large where they pack well. */
  private static int deepRows(Behind slot) {
    return (int) Math.min(slot.most(), SHALLOW_ROWS + 2 * slot.likely());
  }

  /** Plans reads as long as there is room, and says at which slot there was none. */
  private static OptionalInt read(
      List<SlotRead> reads, List<Behind> of, int room, ToIntFunction<Behind> rowsOf) {
    int rest = room;
    for (Behind slot : of) {
      int most = rowsOf.applyAsInt(slot);
      // A small part of a slot would be packed badly.
      if (rest <= 0 || (rest < room && rest < most / 2)) {
        return OptionalInt.of(slot.slot());
      }
      int limit = Math.min(most, rest);
      rest -= limit;
      reads.add(new SlotRead(slot.slot(), slot.cursor(), limit, Set.of()));
    }
    return OptionalInt.empty();
  }
}
