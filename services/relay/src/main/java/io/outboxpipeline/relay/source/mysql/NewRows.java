package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.relay.source.StoredEvent;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * The look for what is new in all slots at once: for whole rows as long as they come a few at a
 * time, also while slots have a backlog; else for where they are, which tells what slots to read.
 * Not thread-safe.
 */
final class NewRows {
  /** Places of one look; more than this is a backlog, and read slot by slot. */
  private static final int PLACES = 2000;

  /** Rows of one look; more than this is a backlog, too. */
  private static final int ROWS = 128;

  /** Ids that a look is told to leave out, at most. */
  private static final int RECENT_IDS = 2000;

  /** A look that takes longer passed over others' rows, or deleted ones. */
  private static final long FAST = 3_000_000;

  private final SlotTable slots;
  private final Marks marks;
  private final LongSupplier clock;

  /** Ids that the last looks found and the next ones, which go back a little, need not. */
  private final NavigableSet<Long> recent = new TreeSet<>();

  /** Whether the last look found so much that was new that whole rows were too many. */
  private boolean many;

  /** Whether the mark has to move on beyond what is ours: the last look found nothing, slowly. */
  private boolean others = true;

  NewRows(SlotTable slots, Marks marks, LongSupplier clock) {
    this.slots = slots;
    this.marks = marks;
    this.clock = clock;
  }

  /**
   * What a look found.
   *
   * @param late rows behind what was read of their slots, at hand
   * @param next rows that continue what was read of their slots, by id
   * @param lateStretches where more late rows are
   */
  record Looked(List<StoredEvent> late, List<StoredEvent> next, List<Stretch> lateStretches) {}

  /** What was found before an error may not have been added. */
  void startOver() {
    recent.clear();
    others = true;
  }

  Looked look(OutboxTable table, Owned owned, Allowance allowance) throws SQLException {
    long began = clock.getAsLong();
    long after = marks.at(began - LookSchedule.SHORT_LOOK_BACK);
    // Asked before the look, so that the look sees whatever is visible up to there.
    long highest = others ? table.highest(after) : after;
    recent.headSet(after, true).clear();
    var looked = new Looked(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<Long> ids = new ArrayList<>();
    boolean complete =
        (many && slots.isAnyBehind())
            ? places(table, owned, after, looked, ids)
            : rows(table, owned, after, looked, ids, allowance);
    long latest = marks.latest();
    many = !complete || ids.stream().filter(id -> id > latest).count() > ROWS / 2;
    recent.addAll(ids);
    while (recent.size() > RECENT_IDS) {
      recent.pollFirst();
    }
    long now = clock.getAsLong();
    others = ids.isEmpty() || (now - began) > FAST;
    if (complete) {
      marks.record(began, ids.isEmpty() ? highest : Math.max(highest, ids.getLast()));
    } else {
      slots.allBehind();
      marks.record(now, table.highest(after));
    }
    return looked;
  }

  private boolean places(OutboxTable table, Owned owned, long after, Looked looked, List<Long> ids)
      throws SQLException {
    List<Place> places = table.places(owned, after, PLACES);
    for (Place place : places) {
      ids.add(place.id());
      SlotState slot = slots.slot(place.slot());
      if (slot != null && !slot.isKnown(place.id())) {
        takeNote(slot, place.id(), looked);
      }
    }
    return places.size() < PLACES;
  }

  private boolean rows(
      OutboxTable table,
      Owned owned,
      long after,
      Looked looked,
      List<Long> ids,
      Allowance allowance)
      throws SQLException {
    Newer newer = table.newer(owned, after, recent, ROWS);
    Set<Integer> without = new HashSet<>();
    for (Newer.Fresh fresh : newer.rows()) {
      ids.add(fresh.id());
      SlotState slot = slots.slot(fresh.slot());
      if (slot == null || slot.isKnown(fresh.id(), fresh.eventId())) {
        continue;
      }
      boolean late = fresh.id() <= slot.cursor;
      if (!newer.complete() || (!late && (slot.behind || without.contains(fresh.slot())))) {
        takeNote(slot, fresh.id(), looked);
        continue;
      }
      StoredEvent event = fresh.event(owned.epoch(fresh.slot()));
      if (allowance.take(event.bytes())) {
        (late ? looked.late() : looked.next()).add(event);
      } else {
        without.add(fresh.slot());
        takeNote(slot, fresh.id(), looked);
      }
    }
    return newer.complete();
  }

  private static void takeNote(SlotState slot, long id, Looked looked) {
    if (id > slot.cursor) {
      slot.behind = true;
    } else {
      looked.lateStretches().add(new Stretch(slot.number, id - 1, id));
    }
  }
}
