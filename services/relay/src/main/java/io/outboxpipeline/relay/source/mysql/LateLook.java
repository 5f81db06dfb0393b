package io.outboxpipeline.relay.source.mysql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * A look at what was read already, for rows that committed late. It can take long, because it
 * passes over rows that were left in the table, and over deleted ones that were not purged: so it
 * is made in pieces, and what is new need not wait for all of it. Not thread-safe.
 */
final class LateLook {
  /** Rows of one slot that one query passes over at most. */
  static final int KEYS = 2000;

  /** Slots of one query at most. */
  private static final int SLOTS = 64;

  private static final long FAST = Duration.ofMillis(5).dividedBy(2).toNanos();

  private final LongSupplier clock;
  private final Deque<Stretch> rest = new ArrayDeque<>();

  /**
   * Slots of the next query: one at first, twice as many after each that was fast. All rows of a
   * large backlog may be there still, deleted and not purged, and on the disk alone.
   */
  private int slots = 1;

  LateLook(LongSupplier clock) {
    this.clock = clock;
  }

  /** Begins anew. */
  void begin(List<Stretch> stretches) {
    slots = 1;
    rest.clear();
    rest.addAll(stretches);
  }

  /** Gives up what is left of it: an error may have cost a piece. */
  void stop() {
    rest.clear();
  }

  boolean isDone() {
    return rest.isEmpty();
  }

  /** Looks at this next: there was no room for what is in it. */
  void again(Stretch stretch) {
    rest.addFirst(stretch);
  }

  /** Looks at the next few slots: what is there, whether or not it is known. */
  List<Key> piece(OutboxTable table) throws SQLException {
    List<Stretch> piece = new ArrayList<>();
    Set<Integer> ofSlots = new HashSet<>();
    while (piece.size() < slots && !rest.isEmpty() && ofSlots.add(rest.getFirst().slot())) {
      piece.add(rest.removeFirst());
    }
    long from = clock.getAsLong();
    List<Key> keys = table.keys(piece, KEYS);
    boolean fast = clock.getAsLong() - from < FAST;
    slots = fast ? Math.min(SLOTS, 2 * slots) : Math.max(1, slots / 2);
    for (Stretch stretch : piece.reversed()) {
      List<Key> found = keys.stream().filter(k -> k.slot() == stretch.slot()).toList();
      if (found.size() >= KEYS) {
        rest.addFirst(new Stretch(stretch.slot(), found.getLast().id(), stretch.to()));
      }
    }
    return keys;
  }
}
