package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.relay.source.StoredEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Looks behind what was read: each second or two as far back as the longest transaction may take,
 * each minute at everything. Both in pieces, so that neither holds up what is new, nor the second
 * the first. Not thread-safe.
 */
final class LookBack {
  private static final long PIECE = Duration.ofMillis(5).toNanos();

  private final SlotTable slots;
  private final Marks marks;
  private final LookSchedule schedule;
  private final Predecessors predecessors;
  private final LongSupplier clock;
  private final long maxTransaction;
  private final LateLook late;
  private final LateLook sweep;

  /** Late rows that were seen and not read: for want of room, or because there were many. */
  private final LateLook seen;

  private boolean lateUnderWay;
  private boolean sweepUnderWay;
  private long lateBegan;
  private long lateTook;

  /** Until then a look waits while slots are read: it takes a fifth of the time at most. */
  private long due;

  /**
   * The next look is for ids above this. These were given out so long before the last look that was
   * finished that their transactions had ended: it, or one before it, saw their rows.
   */
  private long settled;

  /** What that will be when the look that is under way is finished. */
  private long settledNext;

  LookBack(
      SlotTable slots,
      Marks marks,
      LookSchedule schedule,
      Predecessors predecessors,
      LongSupplier clock,
      long maxTransaction) {
    this.slots = slots;
    this.marks = marks;
    this.schedule = schedule;
    this.predecessors = predecessors;
    this.clock = clock;
    this.maxTransaction = maxTransaction;
    late = new LateLook(clock);
    sweep = new LateLook(clock);
    seen = new LateLook(clock);
    due = clock.getAsLong();
  }

  long settled() {
    return settled;
  }

  boolean isUnderWay() {
    return lateUnderWay || sweepUnderWay || !seen.isDone();
  }

  boolean isLateDue(long now) {
    return schedule.isLateDue(now) && marks.at(now) != settled;
  }

  /** Gives up what is under way: an error may have cost a piece. */
  void stop() {
    late.stop();
    sweep.stop();
    lateUnderWay = false;
    sweepUnderWay = false;
    // These were taken note of and would be found again by the sweep alone.
    if (!seen.isDone()) {
      seen.begin(slots.passed(settled));
    }
  }

  /** It is another table by now. */
  void startOver() {
    late.stop();
    sweep.stop();
    seen.stop();
    lateUnderWay = false;
    sweepUnderWay = false;
    settled = 0;
  }

  /** Looks at this stretch soon. */
  void again(Stretch stretch) {
    seen.again(stretch);
  }

  /** In silence one small query does for the late look, as long as that is fast. */
  boolean isNothingLate(OutboxTable table) throws SQLException {
    long began = clock.getAsLong();
    if (!schedule.isByIdFast(began)) {
      return false;
    }
    long next = marks.at(began - maxTransaction);
    boolean any = table.isAnyAfter(settled);
    long now = clock.getAsLong();
    schedule.byIdTook(now, now - began);
    if (!any) {
      settled = next;
      schedule.lateEnded(began, now - began);
    }
    return !any;
  }

  /**
   * Looks on for a few milliseconds, if it is time to.
   *
   * @param reading whether slots are read, which takes turns with this
   * @return whether anything was there, or more is to be looked at
   */
  boolean look(OutboxTable table, Owned owned, Allowance allowance, boolean reading)
      throws SQLException {
    long from = clock.getAsLong();
    if (allowance.isExhausted() || (reading && from - due < 0)) {
      return false;
    }
    if (!lateUnderWay && isLateDue(from)) {
      beginLate(table, owned, from);
    }
    if (!sweepUnderWay && schedule.isSweepDue(from)) {
      sweepUnderWay = true;
      sweep.begin(slots.passed(0));
    }
    boolean found = goOn(seen, table, owned, allowance);
    if (lateUnderWay) {
      found |= goOn(late, table, owned, allowance);
      lateTook += clock.getAsLong() - from;
      if (late.isDone()) {
        lateUnderWay = false;
        settled = settledNext;
        schedule.lateEnded(lateBegan, lateTook);
      }
    }
    if (sweepUnderWay) {
      found |= goOn(sweep, table, owned, allowance);
      if (sweep.isDone()) {
        sweepUnderWay = false;
        schedule.sweepEnded(clock.getAsLong());
      }
    }
    long end = clock.getAsLong();
    due = end + 4 * (end - from);
    return found || (isUnderWay() && !allowance.isExhausted());
  }

  /** With few rows about one query by id tells; else the slots are looked at. */
  private void beginLate(OutboxTable table, Owned owned, long now) throws SQLException {
    lateUnderWay = true;
    lateBegan = now;
    lateTook = 0;
    settledNext = marks.at(now - maxTransaction);
    late.stop();
    if (schedule.isByIdFast(now)) {
      List<Place> places = table.places(owned, settled, LateLook.KEYS);
      schedule.byIdTook(now, clock.getAsLong() - now);
      if (places.size() < LateLook.KEYS) {
        unknown(places).forEach(late::again);
        return;
      }
    }
    late.begin(slots.passed(settled));
  }

  /** From the first to the last unknown place of each slot. */
  private List<Stretch> unknown(List<Place> places) {
    Map<Integer, Stretch> bySlot = new TreeMap<>();
    for (Place place : places) {
      SlotState slot = slots.slot(place.slot());
      if (slot != null && !slot.isKnown(place.id())) {
        bySlot.merge(
            place.slot(),
            new Stretch(place.slot(), place.id() - 1, place.id()),
            (a, b) -> new Stretch(a.slot(), a.after(), b.to()));
      }
    }
    return List.copyOf(bySlot.values());
  }

  private boolean goOn(LateLook look, OutboxTable table, Owned owned, Allowance allowance)
      throws SQLException {
    boolean found = false;
    long until = clock.getAsLong() + PIECE;
    while (!look.isDone() && !allowance.isExhausted() && clock.getAsLong() - until < 0) {
      for (var slot : unknownIds(look.piece(table)).entrySet()) {
        found = true;
        read(look, table, owned, allowance, slot.getKey(), slot.getValue());
      }
    }
    return found;
  }

  /** By slot, what was passed by and neither handed over nor left. */
  private Map<Integer, List<Long>> unknownIds(List<Key> keys) {
    Map<Integer, List<Long>> ids = new TreeMap<>();
    for (Key key : keys) {
      SlotState slot = slots.slot(key.slot());
      if (slot == null || slot.isKnown(key.id(), key.eventId())) {
        continue;
      }
      if (slot.isLeft(key.aggregate(), key.id())) {
        // A held one may have come late, too.
        slot.leave(key.aggregate(), key.id());
      } else if (key.id() > slot.cursor) {
        slot.behind = true;
      } else {
        ids.computeIfAbsent(key.slot(), n -> new ArrayList<>()).add(key.id());
      }
    }
    return ids;
  }

  private void read(
      LateLook look, OutboxTable table, Owned owned, Allowance allowance, int slot, List<Long> ids)
      throws SQLException {
    Found found = table.rows(slot, ids, owned, allowance);
    List<StoredEvent> rows = found.events();
    Set<Integer> blocked = predecessors.addMissed(table, rows, Set.of(), settled, owned);
    if (!blocked.isEmpty()) {
      look.again(new Stretch(slot, ids.getFirst() - 1, ids.getLast()));
      return;
    }
    rows.forEach(slots::add);
    if (!found.complete()) {
      look.again(
          new Stretch(slot, rows.isEmpty() ? ids.getFirst() - 1 : found.upTo(), ids.getLast()));
    }
  }
}
