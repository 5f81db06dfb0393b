package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is known of all slots that are read, and what was left in them. Of one thread. */
final class SlotTable {
  /** Aggregates of one round whose rows were left in the table. */
  private static final int LANES = 16;

  private static final int LANES_BRIEFLY = 4;

  private static final int LANE_ROWS = 128;
  private static final int LANE_ROWS_BRIEFLY = 32;

  private final Intake intake;
  private final Sequences sequences;
  private final @Nullable SlotState[] slots = new SlotState[Slots.COUNT];

  /** Aggregates that were left and are not held, in turn. */
  private final Set<Left> turns = new LinkedHashSet<>();

  private boolean heldChanged;

  SlotTable(Intake intake, Sequences sequences) {
    this.intake = intake;
    this.sequences = sequences;
  }

  // ---- grants ----

  /** Reads a partition from now on, with the aggregates in it that are held already. */
  void follow(Grant grant, List<Held> held) {
    for (int n = grant.slots().first(); n <= grant.slots().last(); n++) {
      forget(n);
      slots[n] = new SlotState(n, grant);
    }
    heldChanged = true;
    for (Held h : held) {
      SlotState slot = slots[h.aggregate().slot()];
      if (slot != null) {
        slot.leave(h.aggregate(), h.id()).hold(h.eventId(), h.createdAt());
      }
    }
  }

  void stop(Grant grant) {
    of(grant, slot -> slot.stopped = true);
  }

  void forget(Grant grant) {
    of(grant, slot -> forget(slot.number));
  }

  private void of(Grant grant, Consumer<SlotState> action) {
    for (int n = grant.slots().first(); n <= grant.slots().last(); n++) {
      SlotState slot = slots[n];
      if (slot != null && slot.grant.equals(grant)) {
        action.accept(slot);
      }
    }
  }

  private void forget(int number) {
    SlotState slot = slots[number];
    if (slot != null) {
      turns.removeAll(slot.left.values());
      heldChanged = true;
      slots[number] = null;
    }
  }

  /** It is another table by now. */
  void startOver() {
    sequences.clear();
    all().forEach(SlotState::startOver);
  }

  /** Which slots are to be read. */
  Owned owned() {
    long[] epochs = new long[Slots.COUNT];
    all().filter(s -> !s.stopped).forEach(s -> epochs[s.number] = s.grant.epoch());
    return new Owned(epochs);
  }

  /** These can't appear in a read that begins after this. */
  void deleted(List<Done> gone) {
    for (Done row : gone) {
      SlotState slot = slots[row.slot()];
      if (slot != null) {
        slot.known.remove(row.id(), row.eventId());
      }
    }
  }

  // ---- what is where ----

  @Nullable SlotState slot(int number) {
    return slots[number];
  }

  private Stream<SlotState> all() {
    return Stream.of(slots).filter(Objects::nonNull).map(Objects::requireNonNull);
  }

  /** Whether rows are known to be in the table that a read of their slots is to bring. */
  boolean isAnyBehind() {
    for (SlotState slot : slots) {
      if (slot != null && slot.behind && !slot.stopped) {
        return true;
      }
    }
    return false;
  }

  /** Takes every slot for behind: more exists than was looked at. */
  void allBehind() {
    all().forEach(s -> s.behind = true);
  }

  /** Whether rows were left that only wait for room. */
  boolean isAnyLeft() {
    return !turns.isEmpty();
  }

  /** Whether nothing of the owned slots is known to be in the table alone. */
  boolean isAllInMemory() {
    return turns.isEmpty() && !isAnyBehind() && all().allMatch(s -> s.left.isEmpty());
  }

  /** The parts of slots in which late rows may have appeared, from an id on. */
  List<Stretch> passed(long after) {
    return all()
        .filter(s -> !s.stopped)
        .map(s -> new Stretch(s.number, after, s.behind ? s.cursor : Long.MAX_VALUE))
        .filter(s -> s.to() > s.after())
        .toList();
  }

  // ---- what to read ----

  /**
   * The slots that may have rows above their cursors.
   *
   * @param visible the highest id that the last look can have seen
   */
  List<ReadPlan.Behind> behind(long visible, Intake.SlotRoom room) {
    return all()
        .filter(s -> s.behind && !s.stopped)
        .map(
            s ->
                new ReadPlan.Behind(
                    s.number,
                    s.cursor,
                    s.deep,
                    s.density * Math.max(0, visible - s.cursor),
                    room.of(s.number)))
        .toList();
  }

  /** The same read, without what was left of the slot. */
  SlotRead withoutLeft(SlotRead read) {
    SlotState slot = slots[read.slot()];
    return slot == null || slot.left.isEmpty()
        ? read
        : new SlotRead(read.slot(), read.after(), read.limit(), Set.copyOf(slot.left.keySet()));
  }

  /**
   * What to read of aggregates whose rows were left, in turn.
   *
   * @param briefly whether other rows come, which are not to wait long
   */
  List<LaneRead> lanes(boolean briefly) {
    List<LaneRead> reads = new ArrayList<>();
    for (Left left : turns) {
      SlotState slot = slots[left.slot];
      if (slot != null && !slot.stopped && intake.wants(left.aggregate)) {
        reads.add(
            new LaneRead(
                left.aggregate, left.from, slot.cursor, briefly ? LANE_ROWS_BRIEFLY : LANE_ROWS));
        if (reads.size() == (briefly ? LANES_BRIEFLY : LANES)) {
          break;
        }
      }
    }
    return reads;
  }

  // ---- what was found ----

  /** Adds what a read of a slot found. */
  void add(SlotRead read, Found found) {
    SlotState slot = slots[read.slot()];
    if (slot == null) {
      return;
    }
    slot.readFromStart |= read.after() == 0;
    slot.behind = !found.complete();
    slot.deep = !found.complete();
    List<StoredEvent> events = found.events();
    if (events.size() > ReadPlan.FIRST_ROWS) { // fewer are no measure
      long span = events.getLast().position() - events.getFirst().position();
      slot.density = (events.size() - 1.0) / Math.max(1, span);
    }
    events.forEach(this::add);
    slot.cursor = Math.max(slot.cursor, found.upTo());
    // Of these it passed over rows, even if no others were left when it was planned.
    read.skip().forEach(a -> leave(slot, a, read.after() + 1));
  }

  /** Adds what a read of an aggregate found. */
  void add(LaneRead read, Found found) {
    SlotState slot = slots[read.aggregate().slot()];
    Left left = slot == null ? null : slot.left.get(read.aggregate());
    // Held, or with older rows left, since the read was planned: it is planned anew.
    if (slot == null
        || left == null
        || left.held
        || left.from != read.from()
        || (found.events().isEmpty() && !found.complete())) {
      return;
    }
    slot.left.remove(read.aggregate());
    turns.remove(left);
    found.events().forEach(this::add);
    if (!slot.left.containsKey(read.aggregate())) {
      if (!found.complete()) {
        leave(slot, read.aggregate(), found.upTo() + 1);
      } else if (slot.cursor > read.to()) {
        leave(slot, read.aggregate(), read.to() + 1);
      }
    }
  }

  /** Hands a row over, or leaves it. */
  void add(StoredEvent event) {
    SlotState slot = slots[event.slot()];
    if (slot == null || slot.isKnown(event.position(), event.eventId())) {
      return;
    }
    if (slot.isLeft(event.aggregate(), event.position()) || !intake.offer(event)) {
      leave(slot, event.aggregate(), event.position());
      return;
    }
    slot.known.put(event.position(), event.eventId());
    sequences.add(event.aggregate(), event.sequence());
  }

  private void leave(SlotState slot, Aggregate aggregate, long id) {
    Left left = slot.leave(aggregate, id);
    if (!left.held) {
      turns.add(left);
    }
  }

  // ---- what can never be sent ----

  /** An event holds its aggregate from now on; what followed it in memory was left. */
  boolean hold(Refusal refusal, String eventId) {
    StoredEvent event = refusal.event();
    SlotState slot = slots[event.slot()];
    if (slot == null || slot.grant.epoch() != refusal.epoch()) {
      return false;
    }
    slot.known.remove(event.position(), event.eventId());
    Left left = slot.leave(event.aggregate(), event.position());
    for (StoredEvent returned : refusal.returned()) {
      slot.known.remove(returned.position(), returned.eventId());
      slot.leave(event.aggregate(), returned.position());
    }
    left.hold(eventId, event.createdAt());
    heldChanged = true;
    turns.remove(left);
    return true;
  }

  /** The events that hold aggregates now. */
  Set<String> held() {
    Set<String> held = new LinkedHashSet<>();
    heldOnes().forEach(l -> held.add(l.heldBy));
    return held;
  }

  /** Lets the aggregates go on that other events than these held: they are read again. */
  void resumeAllBut(Set<String> eventIds, Set<String> asked) {
    for (Left left : heldOnes().toList()) {
      if (asked.contains(left.heldBy) && !eventIds.contains(left.heldBy)) {
        left.held = false;
        heldChanged = true;
        intake.resume(left.aggregate);
        turns.add(left);
      }
    }
  }

  /** Whether what is held may have changed since this was asked last. */
  boolean takeHeldChanged() {
    boolean changed = heldChanged;
    heldChanged = false;
    return changed;
  }

  int heldCount() {
    return (int) heldOnes().count();
  }

  Optional<Instant> oldestHeld() {
    return heldOnes().map(l -> l.heldSince).min(Instant::compareTo);
  }

  private Stream<Left> heldOnes() {
    return all().flatMap(s -> s.left.values().stream()).filter(l -> l.held);
  }

  /** All that is left of an aggregate, and what is known of a slot: for tests of the bounds. */
  Map<Long, String> known(int number) {
    SlotState slot = slots[number];
    return slot == null ? Map.of() : Map.copyOf(slot.known);
  }
}
