package io.outboxpipeline.relay.source.mysql;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.StoredEvent;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hands over what the table has, round by round. One small look by id finds what is new in all
 * slots at once; what is more is read slot by slot, so that no slot waits for another's backlog.
 * The clock and the table are given; of one thread.
 */
final class Reader {
  private static final System.Logger LOG = System.getLogger(Reader.class.getName());

  private final Intake intake;
  private final LongSupplier clock;
  private final Runnable wentBack;
  private final SlotTable slots;
  private final Marks marks;
  private final LookSchedule schedule;
  private final NewRows newRows;
  private final LookBack lookBack;
  private final Predecessors predecessors;
  private final ReadPlan plan = new ReadPlan();
  private @Nullable Server server;

  /** Until then what is left behind waits if new rows come: it takes half of the time at most. */
  private long backlogDue;

  /**
   * @param clock nanoseconds
   * @param maxTransaction nanoseconds that a writer's transaction may take
   * @param wentBack told each time that the table gives ids out that were seen already
   */
  Reader(Intake intake, LongSupplier clock, long maxTransaction, Runnable wentBack) {
    this.intake = intake;
    this.clock = clock;
    this.wentBack = wentBack;
    var sequences = new Sequences(4 << 20);
    slots = new SlotTable(intake, sequences);
    marks = new Marks(maxTransaction);
    schedule = new LookSchedule(clock.getAsLong());
    newRows = new NewRows(slots, marks, clock);
    predecessors = new Predecessors(slots, sequences);
    lookBack = new LookBack(slots, marks, schedule, predecessors, clock, maxTransaction);
    backlogDue = clock.getAsLong();
  }

  /**
   * What a round found.
   *
   * @param found whether it found anything, or is not through with looking
   * @param waits whether there is no more to do before the next look for new rows
   */
  record Round(boolean found, boolean waits) {}

  SlotTable slots() {
    return slots;
  }

  long latest() {
    return marks.latest();
  }

  LookSchedule schedule() {
    return schedule;
  }

  /** A new connection, or one that gave an error: what was found may not have been added. */
  void connected() {
    newRows.startOver();
    lookBack.stop();
    schedule.checkNow(clock.getAsLong());
  }

  void follow(OutboxTable table, Grant grant) throws SQLException {
    slots.follow(grant, table.held(grant.slots()));
  }

  /**
   * Looks which server this is, and forgets what was of another table.
   *
   * @throws ReadOnlyServerException if nothing can be deleted there
   */
  void check(OutboxTable table) throws SQLException {
    Server now = table.server();
    if (now.readOnly()) {
      throw new ReadOnlyServerException(now.name());
    }
    Server before = server;
    server = now;
    schedule.checked(clock.getAsLong());
    boolean fell = before != null && idsFell(table, now);
    if (before != null && fell) {
      tellWentBack(before, now);
    }
    if (before != null && (fell || !before.isSameTable(now))) {
      slots.startOver();
      newRows.startOver();
      lookBack.startOver();
      marks.clear();
    }
    if (marks.latest() == 0) {
      // What is below is read slot by slot anyway.
      marks.record(clock.getAsLong() - LookSchedule.SHORT_LOOK_BACK, table.highest(0));
    }
  }

  private void tellWentBack(Server before, Server now) {
    wentBack.run();
    LOG.log(
        WARNING,
        "the outbox went back: {0} gives out id {1,number,#} next, and up to {2,number,#} were seen"
            + " on {3}. If that is a fail-over that lost commits or a restored backup, numbers that"
            + " were sent are given out again: see the outbox library, \"When the database goes"
            + " back\"",
        now.name(),
        now.nextId(),
        marks.latest(),
        before.name());
  }

  /** Whether ids begin lower again; a counter that does not fit the rows tells nothing. */
  private boolean idsFell(OutboxTable table, Server now) throws SQLException {
    return now.nextId() <= marks.latest() && table.highest(0) < now.nextId();
  }

  /** Which server was asked last. */
  @Nullable Server server() {
    return server;
  }

  /**
   * Whether a round would find nothing, by one small query, which is asked many times while nothing
   * happens.
   */
  boolean isStillNothing(OutboxTable table) throws SQLException {
    long now = clock.getAsLong();
    if (schedule.isAnythingDue(now)
        || lookBack.isUnderWay()
        || slots.isAnyBehind()
        || slots.isAnyLeft()) {
      return false;
    }
    if (lookBack.isLateDue(now)) {
      return lookBack.isNothingLate(table);
    }
    return !table.isAnyAfter(marks.at(now - LookSchedule.SHORT_LOOK_BACK));
  }

  /** One round. */
  Round round(OutboxTable table, BooleanSupplier mayRead) throws SQLException {
    if (schedule.isCheckDue(clock.getAsLong())) {
      check(table);
    }
    if (schedule.isWatchDue(clock.getAsLong())) {
      watchQuarantine(table);
    }
    Owned owned = slots.owned();
    if (owned.isEmpty()) {
      return new Round(false, true);
    }
    Intake.Room room = intake.room();
    var allowance = new Allowance(mayRead.getAsBoolean() ? room.rows() : 0, room.bytes());
    boolean flowing = lookForNew(table, owned, allowance);
    if (flowing && clock.getAsLong() - backlogDue < 0) {
      return new Round(true, true);
    }
    long from = clock.getAsLong();
    boolean read = readBehind(table, owned, allowance, flowing, room.ofSlots());
    boolean late = lookBack.look(table, owned, allowance, read);
    long end = clock.getAsLong();
    backlogDue = flowing ? end + (end - from) : end;
    boolean found = flowing || read || late;
    return new Round(found, !found || (slots.isAllInMemory() && !lookBack.isUnderWay()) || flowing);
  }

  private boolean lookForNew(OutboxTable table, Owned owned, Allowance allowance)
      throws SQLException {
    NewRows.Looked looked = newRows.look(table, owned, allowance);
    looked.lateStretches().forEach(lookBack::again);
    List<StoredEvent> rows = new ArrayList<>(looked.late());
    rows.addAll(looked.next());
    Set<Integer> blocked = predecessors.addMissed(table, rows, Set.of(), lookBack.settled(), owned);
    for (StoredEvent row : rows) {
      SlotState slot = slots.slot(row.slot());
      if (slot == null) {
        continue;
      }
      boolean isLate = row.position() <= slot.cursor;
      if (!blocked.contains(row.slot())) {
        slots.add(row);
        slot.cursor = Math.max(slot.cursor, row.position());
      } else if (isLate) {
        lookBack.again(new Stretch(row.slot(), row.position() - 1, row.position()));
      } else {
        slot.behind = true;
      }
    }
    return !rows.isEmpty();
  }

  /** Reads what was left of aggregates, and slots with a backlog; whether there was any. */
  private boolean readBehind(
      OutboxTable table,
      Owned owned,
      Allowance allowance,
      boolean flowing,
      Intake.SlotRoom slotRoom)
      throws SQLException {
    if (allowance.isExhausted()) {
      return false;
    }
    List<LaneRead> laneReads = slots.lanes(flowing);
    List<Found> lanes = new ArrayList<>();
    Set<Aggregate> emptied = new HashSet<>();
    for (LaneRead read : laneReads) {
      Found found = table.lane(read, owned, allowance);
      lanes.add(found);
      if (found.complete()) {
        emptied.add(read.aggregate());
      }
    }
    List<SlotRead> slotReads =
        plan.of(slots.behind(marks.latest(), slotRoom), allowance.rows()).stream()
            .map(slots::withoutLeft)
            .toList();
    List<Found> found = slotReads.isEmpty() ? List.of() : table.slots(slotReads, owned, allowance);
    List<StoredEvent> staged =
        Stream.concat(lanes.stream(), found.stream()).flatMap(f -> f.events().stream()).toList();
    Set<Integer> blocked =
        predecessors.addMissed(table, staged, emptied, lookBack.settled(), owned);
    for (int i = 0; i < lanes.size(); i++) {
      if (!blocked.contains(laneReads.get(i).aggregate().slot())) {
        slots.add(laneReads.get(i), lanes.get(i));
      }
    }
    for (int i = 0; i < found.size(); i++) {
      if (!blocked.contains(slotReads.get(i).slot())) {
        slots.add(slotReads.get(i), found.get(i));
      }
    }
    return !laneReads.isEmpty() || !slotReads.isEmpty();
  }

  /** An event can never be sent: what is known of its aggregate is only what was left. */
  boolean hold(Refusal refusal, String eventId) {
    return slots.hold(refusal, eventId);
  }

  /** Lets aggregates go on whose event was released or discarded, through whichever relay. */
  private void watchQuarantine(OutboxTable table) throws SQLException {
    schedule.watched(clock.getAsLong());
    Set<String> held = slots.held();
    if (!held.isEmpty()) {
      slots.resumeAllBut(table.stillHeld(held), held);
    }
  }
}
