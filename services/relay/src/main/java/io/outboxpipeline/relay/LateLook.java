package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.relay.Backlog.Stretch;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A look at what was read already, for rows that committed late. It can take long, because it
 * passes over rows that were left in the table, and over deleted ones that were not purged: so it
 * is made in pieces, and what is new need not wait for all of it. Not thread-safe.
 */
final class LateLook {
  private static final Set<Integer> ALL_SLOTS =
      IntStream.range(0, Slots.COUNT).boxed().collect(Collectors.toUnmodifiableSet());

  private static final int KEYS = 2000;

  /** Slots of one query at most. */
  private static final int SLOTS = 64;

  /** Ids that one query spans of a slot with rows that were left: 1 to 8 µs for each of them. */
  private static final int SPAN = 1000;

  private static final long PIECE = Duration.ofMillis(5).toNanos();

  private final Backlog backlog;
  private final Deque<Stretch> rest = new ArrayDeque<>();

  /**
   * Slots of the next query: one at first, twice as many after each that was fast. All rows of a
   * large backlog may be there still, deleted and not purged, and on the disk alone.
   */
  private int slots = 1;

  LateLook(Backlog backlog) {
    this.backlog = backlog;
  }

  /** Begins anew with all slots, from an id on. */
  void begin(long after) {
    begin(ALL_SLOTS, after);
  }

  /** Begins anew. */
  void begin(Set<Integer> of, long after) {
    slots = 1;
    rest.clear();
    rest.addAll(backlog.passed(of, after));
  }

  /** Gives up what is left of it: an error may have cost a piece. */
  void stop() {
    rest.clear();
  }

  boolean isDone() {
    return rest.isEmpty();
  }

  /**
   * Looks on for a few milliseconds.
   *
   * @param visible the highest id that need be looked at
   * @return keys that were passed by
   */
  List<RowKey> goOn(Connection c, long visible) throws SQLException {
    List<RowKey> late = new ArrayList<>();
    long until = System.nanoTime() + PIECE;
    while (!rest.isEmpty() && System.nanoTime() - until < 0) {
      late.addAll(piece(c, visible));
    }
    return late;
  }

  /** Looks to the end. */
  List<RowKey> finish(Connection c, long visible) throws SQLException {
    List<RowKey> late = new ArrayList<>();
    while (!isDone()) {
      late.addAll(goOn(c, visible));
    }
    return late;
  }

  private List<RowKey> piece(Connection c, long visible) throws SQLException {
    Map<Integer, Set<Aggregate>> left = backlog.left();
    List<Stretch> piece = new ArrayList<>();
    boolean cut = false;
    while (!cut && piece.size() < slots && !rest.isEmpty()) {
      Stretch next = rest.removeFirst();
      long to = next.after() + SPAN;
      cut = left.containsKey(next.slot()) && to < Math.min(next.to(), visible);
      if (cut) {
        rest.addFirst(new Stretch(next.slot(), to, next.to()));
      }
      piece.add(cut ? new Stretch(next.slot(), next.after(), to) : next);
    }
    long from = System.nanoTime();
    List<RowKey> keys = OutboxTable.keys(c, piece, left, KEYS);
    boolean fast = System.nanoTime() - from < PIECE / 2;
    slots = fast ? Math.min(SLOTS, 2 * slots) : Math.max(1, slots / 2);
    OutboxTable.beyond(piece, keys, KEYS).forEach(rest::addFirst);
    return backlog.exist(keys);
  }
}
