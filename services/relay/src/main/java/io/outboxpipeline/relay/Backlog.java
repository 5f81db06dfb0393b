package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was read from the outbox and is not known to be deleted: per aggregate a lane of rows, of
 * which at most one message is on its way. Decides what to read next, what to send next, and what
 * to delete; does none of it. Thread-safe; takes no time but waiting's.
 *
 * <p>Times are nanoseconds of one monotonic clock, given by the caller.
 */
final class Backlog {

  /** Read at once of a slot beside what it is likely to have. */
  private static final int SHALLOW_ROWS = 16;

  /** A slot that is likely to have more is read in two steps, so that others come between. */
  private static final int FEW_ROWS = 48;

  /** Rows of the first step: few, for most are of different aggregates, and pack badly. */
  private static final int FIRST_ROWS = 4;

  /** Aggregates of one read whose rows were left in the table. */
  private static final int LANES = 16;

  private static final int LANES_BRIEFLY = 4;

  /** How many times the rows in memory may be sent and not deleted before reading stops. */
  private static final int UNDELETED = 2;

  /** Of how many aggregates the last sequence is remembered after their rows are gone. */
  private static final int REMEMBERED = 50_000;

  /**
   * A slot's rows above an id, up to another, without those of some aggregates.
   *
   * @param more whether rows above the last id are known
   */
  record SlotFetch(
      int slot, long epoch, long after, long to, int limit, Set<Aggregate> without, boolean more) {

    /** All rows above an id. */
    SlotFetch(int slot, long epoch, long after, int limit) {
      this(slot, epoch, after, Long.MAX_VALUE, limit, Set.of(), false);
    }
  }

  /** An aggregate's rows from one id to another, both included. */
  record LaneFetch(Aggregate aggregate, long epoch, long from, long to, int limit) {}

  /** An event that can never be sent, to be recorded. */
  record Hold(Row row, String reason, int partition, long epoch) {}

  /** An event that was recorded as never to be sent, by this relay or an earlier owner. */
  record Held(Aggregate aggregate, long id, String eventId, Instant createdAt) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sendable = lock.newCondition();
  private final Condition deletable = lock.newCondition();
  private final Condition readable = lock.newCondition();

  private final Limits limits;
  private final Consumer<Grant> drained;

  private final Map<Integer, Partition> partitions = new TreeMap<>();
  private final @Nullable Slot[] slots = new Slot[Slots.COUNT];
  private final Map<Aggregate, Lane> lanes = new HashMap<>();
  private final Map<Aggregate, Long> lastSequences =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Aggregate, Long> eldest) {
          return size() > REMEMBERED;
        }
      };
  private final Set<Lane> lanesWithLeft = new LinkedHashSet<>();
  private final Deque<Lane> ready = new ArrayDeque<>();
  private final PriorityQueue<Delayed> delayed =
      new PriorityQueue<>(Comparator.comparingLong(Delayed::at));
  private final Deque<Acknowledged> acknowledged = new ArrayDeque<>();
  private final List<Hold> holds = new ArrayList<>();

  private int enough = 1;
  private long rows;
  private long bytes;
  private double rowBytes = 4096;

  /** Where the next read of a little goes on, and that of slots with a backlog. */
  private int firstShallow;

  private int firstDeep;

  /** Whether rows were known to be in the table alone when the last read was planned. */
  private boolean unread;

  private boolean wake;

  private record Delayed(Lane lane, long at) {}

  /**
   * @param drained told, under this backlog's lock, when a draining partition has nothing left on
   *     its way
   */
  Backlog(Limits limits, Consumer<Grant> drained) {
    this.limits = limits;
    this.drained = drained;
  }

  // ---- ownership ----

  /** Owns a partition from now on, with the aggregates in it that are held already. */
  void own(Grant grant, List<Held> held) {
    locked(
        () -> {
          forgetPartition(grant.partition());
          var partition = new Partition(grant);
          partitions.put(grant.partition(), partition);
          for (int n = grant.slots().first(); n <= grant.slots().last(); n++) {
            slots[n] = new Slot(n, partition);
          }
          for (Held h : held) {
            Lane lane = lanes.computeIfAbsent(h.aggregate(), Lane::new);
            lane.heldBy = h.eventId();
            lane.heldSince = h.createdAt();
            lane.leftFrom = h.id();
            lanesWithLeft.add(lane);
          }
          wake = true;
          readable.signalAll();
        });
  }

  /** Takes nothing new of a partition; what may be on its way is still sent again. */
  void drain(Grant grant) {
    locked(
        () -> {
          Partition partition = partitions.get(grant.partition());
          if (partition != null && partition.grant.equals(grant)) {
            partition.draining = true;
            deletable.signal();
            checkDrained(partition);
          }
        });
  }

  /** Gives up what a draining partition would still send again. */
  void stopWaiting(Grant grant) {
    locked(
        () -> {
          Partition partition = partitions.get(grant.partition());
          if (partition != null && partition.grant.equals(grant) && partition.draining) {
            partition.givenUp = true;
            for (Lane lane : List.copyOf(lanes.values())) {
              Message again = lane.again;
              if (again != null && partition == partition(lane.slot())) {
                lane.again = null;
                giveUp(again, partition);
              }
            }
            checkDrained(partition);
          }
        });
  }

  /** Forgets everything of a partition at once, if it is still owned by this grant. */
  void forget(Grant grant) {
    locked(
        () -> {
          Partition partition = partitions.get(grant.partition());
          if (partition != null && partition.grant.equals(grant)) {
            forgetPartition(grant.partition());
          }
        });
  }

  private void forgetPartition(int number) {
    Partition partition = partitions.remove(number);
    if (partition == null) {
      return;
    }
    for (int n = partition.grant.slots().first(); n <= partition.grant.slots().last(); n++) {
      slots[n] = null;
    }
    // The next owner finds them out by itself.
    holds.removeIf(h -> h.partition() == number);
    for (Lane lane : List.copyOf(lanes.values())) {
      if (partition.grant.slots().contains(lane.slot())) {
        Stream.of(lane.inFlight, lane.again).filter(m -> m != null).forEach(m -> release(m.rows()));
        release(lane.waiting);
        lane.waiting.clear();
        lanes.remove(lane.aggregate());
        lanesWithLeft.remove(lane);
      }
    }
    readable.signalAll();
  }

  // ---- reading: called by one thread ----

  /**
   * Begins a read: rows that were deleted before now can't appear in it.
   *
   * @return the epoch of each slot that is to be read, 0 elsewhere
   */
  long[] beginRead() {
    return locked(
        () -> {
          wake = false;
          long[] epochs = new long[Slots.COUNT];
          for (Slot slot : slots) {
            if (slot != null) {
              slot.deleted.forEach(slot.known::remove);
              slot.deleted.clear();
              if (!slot.partition.draining) {
                epochs[slot.number] = slot.partition.grant.epoch();
              }
            }
          }
          return epochs;
        });
  }

  /**
   * Takes note of keys that exist in the table.
   *
   * @return those that were passed by already, and are to be read by their keys
   */
  List<RowKey> exist(List<RowKey> keys) {
    return locked(
        () -> {
          List<RowKey> late = new ArrayList<>();
          for (RowKey key : keys) {
            Slot slot = slots[key.slot()];
            if (slot == null || slot.seen(key.id())) {
              continue;
            }
            if (key.id() > slot.cursor) {
              slot.behind = true;
            } else {
              late.add(key);
            }
          }
          return late;
        });
  }

  /** Whether rows are known to be in the table that a read of their slots is to bring. */
  boolean isBehind() {
    return locked(this::anyBehind);
  }

  private boolean anyBehind() {
    return Stream.of(slots).anyMatch(s -> s != null && s.behind);
  }

  /**
   * Whether nothing is in memory, what is held left aside, nothing known to be in the table, and
   * nobody called wake.
   */
  boolean isEmpty() {
    return locked(() -> !wake && lanes.values().stream().allMatch(Lane::held) && !anyBehind());
  }

  /**
   * Takes note of all keys that exist in the table above an id, by id, of which whole rows are at
   * hand. Those that continue what was read of their slots count as read: they must be added next.
   */
  Fresh fresh(List<RowKey> keys) {
    return locked(
        () -> {
          List<RowKey> next = new ArrayList<>();
          List<RowKey> late = new ArrayList<>();
          boolean full = room() == 0;
          for (RowKey key : keys) {
            Slot slot = slots[key.slot()];
            if (slot == null || slot.seen(key.id())) {
              continue;
            }
            if (key.id() <= slot.cursor) {
              late.add(key);
            } else if (full) {
              slot.behind = true;
            } else if (!slot.behind) {
              slot.cursor = key.id();
              next.add(key);
            }
          }
          return new Fresh(next, late);
        });
  }

  /**
   * Keys of rows that are not known yet.
   *
   * @param next above what was read of their slots
   * @param late below it
   */
  record Fresh(List<RowKey> next, List<RowKey> late) {}

  /** Takes every slot for behind: more exists than was looked at. */
  void allBehind() {
    locked(
        () -> {
          for (Slot slot : slots) {
            if (slot != null) {
              slot.behind = true;
            }
          }
        });
  }

  /** By slot, the aggregates of which all that is not known was left in the table. */
  Map<Integer, Set<Aggregate>> left() {
    return locked(
        () -> {
          Map<Integer, Set<Aggregate>> left = new HashMap<>();
          lanesWithLeft.forEach(
              l -> left.computeIfAbsent(l.slot(), n -> new LinkedHashSet<>()).add(l.aggregate()));
          return left;
        });
  }

  /**
   * What to read of slots now, as far as there is room for it: a little of each that may have
   * something new, and of those with a backlog, in turn, as much as packs well.
   *
   * @param visible the highest id that the last look by id can have seen: what is above it, the
   *     next one sees
   */
  List<SlotFetch> slotFetches(long visible) {
    return locked(
        () -> {
          Map<Integer, Set<Aggregate>> left = left();
          List<Slot> shallow = readable(firstShallow, false);
          List<Slot> deep = readable(firstDeep, true);
          unread = anyBehind() || lanesWithLeft.stream().anyMatch(l -> !l.held());
          long room = room();
          List<SlotFetch> fetches = new ArrayList<>();
          if (room > 0) {
            firstShallow =
                fetch(
                        fetches,
                        shallow,
                        deep.isEmpty() ? room : room / 2,
                        s -> shallowRows(s, visible))
                    .orElse(firstShallow);
            room -= fetches.stream().mapToInt(SlotFetch::limit).sum();
            firstDeep = fetch(fetches, deep, room, s -> likelyRows(s, visible)).orElse(firstDeep);
          }
          return fetches.stream()
              .map(f -> without(f, left.getOrDefault(f.slot(), Set.of()), visible))
              .toList();
        });
  }

  private List<Slot> readable(int first, boolean deep) {
    return IntStream.range(first, first + Slots.COUNT)
        .mapToObj(n -> slots[n % Slots.COUNT])
        .filter(Objects::nonNull)
        .filter(s -> s.behind && s.deep == deep)
        .filter(s -> !s.partition.draining && s.rows <= limits.slotRows() / 2)
        .toList();
  }

  /** So that a read is full of several slots with few rows left, and large where they pack well. */
  private int likelyRows(Slot slot, long visible) {
    int most = limits.slotRows() / 2;
    return (int) Math.min(most, SHALLOW_ROWS + 2 * likelyLeft(slot, visible));
  }

  /** So that few rows are read at once, and pack well, and of many a little comes first. */
  private static int shallowRows(Slot slot, long visible) {
    double left = likelyLeft(slot, visible);
    return left > FEW_ROWS ? FIRST_ROWS : (int) (SHALLOW_ROWS + left);
  }

  private static double likelyLeft(Slot slot, long visible) {
    return slot.density * Math.max(0, visible - slot.cursor);
  }

  /** Plans reads as long as there is room, and says at which slot there was none. */
  private OptionalInt fetch(
      List<SlotFetch> fetches, List<Slot> of, long room, ToIntFunction<Slot> mostOf) {
    long rest = room;
    for (Slot slot : of) {
      int most = mostOf.applyAsInt(slot);
      // A small part of a slot would be packed badly.
      if (rest <= 0 || (rest < room && rest < most / 2)) {
        return OptionalInt.of(slot.number);
      }
      int limit = (int) Math.min(most, rest);
      rest -= limit;
      fetches.add(new SlotFetch(slot.number, slot.partition.grant.epoch(), slot.cursor, limit));
    }
    return OptionalInt.empty();
  }

  private SlotFetch without(SlotFetch f, Set<Aggregate> left, long visible) {
    if (left.isEmpty()) {
      return f;
    }
    long to = Math.clamp(visible, f.after(), f.after() + limits.slotSpan());
    return new SlotFetch(f.slot(), f.epoch(), f.after(), to, f.limit(), left, to < visible);
  }

  /**
   * What to read of aggregates whose rows were left in the table, in turn.
   *
   * @param briefly whether other rows come, which are not to wait long
   */
  List<LaneFetch> laneFetches(boolean briefly) {
    int most = briefly ? LANES_BRIEFLY : LANES;
    int rowsOfEach = Math.max(1, limits.laneRows() / (briefly ? 8 : 2));
    return locked(
        () ->
            lanesWithLeft.stream()
                .filter(l -> !l.held() && l.waiting.size() <= limits.laneRows() / 2)
                .filter(l -> room() > 0)
                .flatMap(
                    l -> {
                      Slot slot = slots[l.slot()];
                      return slot == null || slot.partition.draining
                          ? Stream.of()
                          : Stream.of(
                              new LaneFetch(
                                  l.aggregate(),
                                  slot.partition.grant.epoch(),
                                  l.leftFrom,
                                  slot.cursor,
                                  rowsOfEach));
                    })
                .limit(most)
                .toList());
  }

  private long room() {
    int undeleted = partitions.values().stream().mapToInt(p -> p.undeleted).sum();
    if (rows > limits.rows() / 2
        || bytes > limits.bytes() / 2
        || undeleted > UNDELETED * limits.rows()) {
      return 0;
    }
    long byRows = Math.min(limits.rows() - rows, limits.fetchRows());
    long byBytes = (long) ((double) (limits.bytes() - bytes) / rowBytes);
    return Math.clamp(byBytes, 1, byRows);
  }

  /**
   * Slots in which rows about to be added may have a predecessor that committed late, below the
   * cursor, and was never seen: their aggregate's previous number was not. To be looked at again
   * before the rows are added.
   *
   * @param staged rows about to be added, by slot and id
   * @param emptied aggregates of which nothing is left in the table once they are added
   */
  Set<Integer> slotsToLookAtAgain(List<Row> staged, Set<Aggregate> emptied) {
    return locked(
        () -> {
          Set<Integer> again = new LinkedHashSet<>();
          Map<Aggregate, Long> previous = new HashMap<>();
          for (Row row : staged) {
            Slot slot = slots[row.slot()];
            Long last = previous.put(row.aggregate(), row.sequence());
            if (last == null) {
              last = lastSequences.get(row.aggregate());
            }
            Lane lane = lanes.get(row.aggregate());
            boolean leftAnyway =
                lane != null
                    && (lane.held() || (lane.leftFrom != 0 && !emptied.contains(row.aggregate())));
            if (slot != null
                && slot.readFromStart
                && !leftAnyway
                && row.sequence() > 1
                && (last == null || last != row.sequence() - 1)) {
              again.add(row.slot());
            }
          }
          return again;
        });
  }

  /** Part of a slot: ids above one and up to another. */
  record Stretch(int slot, long after, long to) {}

  /** The parts of slots in which late rows may have appeared, from an id on. */
  List<Stretch> passed(Set<Integer> of, long after) {
    return locked(
        () ->
            of.stream()
                .map(n -> slots[n])
                .flatMap(
                    s ->
                        s == null || s.partition.draining
                            ? Stream.of()
                            : Stream.of(
                                new Stretch(s.number, after, s.behind ? s.cursor : Long.MAX_VALUE)))
                .toList());
  }

  /** Adds what a slot fetch returned, complete unless it is as long as the limit. */
  void addSlot(SlotFetch fetch, List<Row> found, boolean complete) {
    locked(
        () -> {
          Slot slot = slots[fetch.slot()];
          if (slot == null || slot.partition.grant.epoch() != fetch.epoch()) {
            return;
          }
          slot.readFromStart |= fetch.after() == 0;
          slot.behind = !complete || fetch.more();
          slot.deep = !complete;
          if (found.size() > FIRST_ROWS) { // fewer are no measure
            slot.density = (found.size() - 1.0) / (found.getLast().id() - found.getFirst().id());
          }
          add(slot, found);
          if (complete && !fetch.without().isEmpty()) {
            slot.cursor = Math.max(slot.cursor, fetch.to());
          } else if (!found.isEmpty()) {
            slot.cursor = Math.max(slot.cursor, found.getLast().id());
          }
          // Of these it passed over rows, even if no others were left when it was planned.
          for (Aggregate aggregate : fetch.without()) {
            Lane lane = lanes.computeIfAbsent(aggregate, Lane::new);
            lane.leave(fetch.after() + 1);
            lanesWithLeft.add(lane);
          }
        });
  }

  /** Adds what a lane fetch returned, complete unless it is as long as the limit. */
  void addLane(LaneFetch fetch, List<Row> found, boolean complete) {
    locked(
        () -> {
          Slot slot = slots[fetch.aggregate().slot()];
          Lane lane = lanes.get(fetch.aggregate());
          if (slot == null || lane == null || slot.partition.grant.epoch() != fetch.epoch()) {
            return;
          }
          // Held, or with older rows left, since the fetch was planned: it is planned anew.
          if (lane.held() || lane.leftFrom != fetch.from() || (found.isEmpty() && !complete)) {
            return;
          }
          lane.leftFrom = 0;
          add(slot, found);
          if (lane.leftFrom == 0) {
            if (!complete) {
              lane.leftFrom = found.getLast().id() + 1;
            } else if (slot.cursor > fetch.to()) {
              lane.leftFrom = fetch.to() + 1;
            }
          }
          lanesWithLeft.remove(lane);
          if (lane.leftFrom != 0) {
            lanesWithLeft.add(lane);
          }
          removeIfEmpty(lane);
        });
  }

  /** Adds rows that were read by their keys, each slot's by id. */
  void add(List<Row> found, long[] epochs) {
    locked(
        () -> {
          for (Row row : found) {
            Slot slot = slots[row.slot()];
            if (slot != null && slot.partition.grant.epoch() == epochs[row.slot()]) {
              add(slot, List.of(row));
            }
          }
        });
  }

  private void add(Slot slot, List<Row> found) {
    for (Row row : found) {
      if (slot.seen(row.id())) {
        continue;
      }
      rowBytes += (row.bytes() - rowBytes) / 64;
      Lane lane = lanes.computeIfAbsent(row.aggregate(), Lane::new);
      boolean full = lane.waiting.size() >= limits.laneRows();
      if (lane.held() || full || (lane.leftFrom != 0 && row.id() >= lane.leftFrom)) {
        lane.leave(row.id());
        lanesWithLeft.add(lane);
        continue;
      }
      slot.known.add(row.id());
      slot.rows++;
      rows++;
      bytes += row.bytes();
      lastSequences.merge(row.aggregate(), row.sequence(), Math::max);
      lane.add(row);
      makeReady(lane);
    }
  }

  /**
   * Waits until there may be something to read: room, a new partition, or a call of wake.
   *
   * @return whether it was called
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  boolean awaitReadable(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!wake) {
        readable.awaitNanos(nanos);
      }
      return wake;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a wait for something to read. */
  void wake() {
    locked(
        () -> {
          wake = true;
          readable.signalAll();
        });
  }

  // ---- sending ----

  /**
   * Takes messages for one request, each of another aggregate; waits for the first.
   *
   * @return empty if there is none in time
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  List<Message> take(long now, long waitNanos, Limits.Request request) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      List<Message> taken = takeNow(now, request);
      if (taken.isEmpty()) {
        Delayed next = delayed.peek();
        long wait = next == null ? waitNanos : Math.min(waitNanos, next.at() - now);
        if (wait > 0 && sendable.awaitNanos(wait) > 0) {
          return takeNow(now, request);
        }
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private List<Message> takeNow(long now, Limits.Request request) {
    while (!delayed.isEmpty() && delayed.peek().at() - now <= 0) {
      Lane lane = delayed.remove().lane();
      lane.queued = false;
      makeReady(lane);
    }
    List<Message> taken = new ArrayList<>();
    long total = 0;
    while (taken.size() < request.messages() && !ready.isEmpty()) {
      Lane lane = ready.removeFirst();
      lane.queued = false;
      Partition partition = partition(lane.slot());
      if (partition == null
          || lanes.get(lane.aggregate()) != lane
          || !lane.sendable()
          || (partition.draining && lane.again == null)) {
        continue;
      }
      Message message = next(lane, partition, request);
      if (message == null) {
        continue;
      }
      long size = (long) message.bytes() + request.attributeBytes();
      if (!taken.isEmpty() && (lane.alone || total + size > request.requestBytes())) {
        putBack(lane, message);
        break;
      }
      lane.inFlight = message;
      total += size;
      taken.add(message);
      if (lane.alone) {
        break;
      }
    }
    return taken;
  }

  /** The lane's next message; none if its next event can't be sent, which then holds it. */
  private @Nullable Message next(Lane lane, Partition partition, Limits.Request request) {
    Message again = lane.again;
    if (again != null) {
      lane.again = null;
      return again;
    }
    Row first = lane.waiting.getFirst();
    String flaw = first.flaw();
    if (flaw == null && first.bytes() + request.attributeBytes() > request.messageBytes()) {
      flaw =
          "too large: "
              + (first.bytes() + request.attributeBytes())
              + " bytes, and the queue takes "
              + request.messageBytes();
    }
    if (flaw != null) {
      hold(lane, first, flaw);
      return null;
    }
    List<Row> packed = new ArrayList<>();
    int size = 0;
    int most = lane.singly > 0 ? 1 : limits.packEvents();
    while (packed.size() < most && !lane.waiting.isEmpty()) {
      Row row = lane.waiting.getFirst();
      int with = size + row.bytes() + Message.PACKING;
      if (!packed.isEmpty()
          && (row.flaw() != null
              || with > limits.packBytes()
              || with + request.attributeBytes() > request.messageBytes())) {
        break;
      }
      size = with;
      packed.add(lane.waiting.removeFirst());
    }
    partition.unanswered++;
    return new Message(
        lane,
        List.copyOf(packed),
        partition.grant.partition(),
        partition.grant.epoch(),
        packed.size() == 1 ? first.bytes() : size);
  }

  private void putBack(Lane lane, Message message) {
    lane.again = message;
    lane.queued = true;
    ready.addFirst(lane);
  }

  /** SQS has the message. */
  void acknowledged(Message message) {
    locked(
        () -> {
          Lane lane = message.lane();
          message
              .rows()
              .forEach(
                  r ->
                      acknowledged.add(
                          new Acknowledged(
                              r.slot(), r.id(), message.partition(), message.epoch())));
          if (acknowledged.size() == message.rows().size() || acknowledged.size() >= enough) {
            deletable.signal();
          }
          Partition partition = answered(message);
          if (partition != null) {
            partition.undeleted += message.rows().size();
            partition.unanswered--;
            release(message.rows());
            lane.failures = 0;
            lane.alone = false;
            lane.singly = Math.max(0, lane.singly - message.rows().size());
            makeReady(lane);
            removeIfEmpty(lane);
            if (unread && rows <= limits.rows() / 2) {
              readable.signal();
            }
            checkDrained(partition);
          }
        });
  }

  /** The message may or may not have arrived: it goes again as it is, at the given time. */
  void failed(Message message, long at) {
    locked(
        () -> {
          Lane lane = message.lane();
          Partition partition = answered(message);
          if (partition == null) {
            return;
          }
          if (partition.givenUp) {
            giveUp(message, partition);
            return;
          }
          lane.again = message;
          lane.failures++;
          lane.queued = true;
          delayed.add(new Delayed(lane, at));
          sendable.signal();
        });
  }

  /** The next owner sends it again. */
  private void giveUp(Message message, Partition partition) {
    release(message.rows());
    partition.unanswered--;
    checkDrained(partition);
  }

  /** How often in a row a lane's message has failed. */
  int failures(Message message) {
    return locked(() -> message.lane().failures);
  }

  /**
   * SQS refused the message for what it is. A pack goes again event by event, to find out which one
   * it is; a single event holds its lane.
   */
  void refused(Message message, String reason) {
    locked(
        () -> {
          Lane lane = message.lane();
          Partition partition = answered(message);
          if (partition == null) {
            return;
          }
          partition.unanswered--;
          List<Row> refused = message.rows();
          for (int i = refused.size() - 1; i >= 0; i--) {
            lane.waiting.addFirst(refused.get(i));
          }
          if (refused.size() > 1) {
            lane.singly = refused.size();
            makeReady(lane);
          } else {
            hold(lane, refused.getFirst(), reason);
          }
          checkDrained(partition);
        });
  }

  /** SQS refused a request for what is in it: its messages go again, each in its own. */
  void refused(List<Message> request, String reason) {
    if (request.size() == 1) {
      refused(request.getFirst(), reason);
      return;
    }
    locked(
        () -> {
          for (Message message : request) {
            Partition partition = answered(message);
            if (partition != null && partition.givenUp) {
              giveUp(message, partition);
            } else if (partition != null) {
              message.lane().alone = true;
              message.lane().again = message;
              makeReady(message.lane());
            }
          }
        });
  }

  @SuppressWarnings("ReferenceEquality") // this very message, not one like it
  private @Nullable Partition answered(Message message) {
    Lane lane = message.lane();
    Partition partition = partition(lane.slot());
    if (lane.inFlight != message
        || partition == null
        || partition.grant.epoch() != message.epoch()) {
      return null;
    }
    lane.inFlight = null;
    return partition;
  }

  // ---- holding what can never be sent ----

  private void hold(Lane lane, Row row, String reason) {
    lane.heldBy = row.eventId();
    lane.heldSince = row.createdAt();
    lane.singly = 0;
    lane.alone = false;
    Slot slot = slots[lane.slot()];
    if (slot != null) {
      for (Row waiting : lane.waiting) {
        slot.known.remove(waiting.id());
      }
      Grant grant = slot.partition.grant;
      holds.add(new Hold(row, reason, grant.partition(), grant.epoch()));
    }
    release(lane.waiting);
    lane.waiting.clear();
    lane.leave(row.id());
    lanesWithLeft.add(lane);
    readable.signal();
    wake = true;
  }

  /** Events that hold their lanes and are not recorded yet. */
  List<Hold> holds() {
    return locked(() -> List.copyOf(holds));
  }

  /** A hold was recorded. */
  void recorded(Hold hold) {
    locked(() -> holds.remove(hold));
  }

  /** The events that hold lanes now, those not recorded yet left out. */
  Set<String> held() {
    return locked(
        () -> {
          Set<String> held = new LinkedHashSet<>();
          lanesWithLeft.stream().filter(Lane::held).forEach(l -> held.add(l.heldBy));
          holds.forEach(h -> held.remove(h.row().eventId()));
          return held;
        });
  }

  /** Lets the lanes go on that these events held: they are read again. */
  void resume(Set<String> eventIds) {
    locked(
        () -> {
          for (Lane lane : lanesWithLeft) {
            if (eventIds.contains(lane.heldBy)) {
              lane.heldBy = "";
            }
          }
          wake = true;
          readable.signal();
        });
  }

  // ---- deleting ----

  /**
   * Takes rows to delete, in the order of their acknowledgement. Waits for the first, and for
   * others to join it, unless a partition is about to move.
   *
   * @param enough rows that are worth a transaction
   * @param waitNanos for the first
   * @param lingerNanos for the others
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  List<Acknowledged> takeAcknowledged(int most, int enough, long waitNanos, long lingerNanos)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (acknowledged.isEmpty()) {
        deletable.awaitNanos(waitNanos);
      }
      this.enough = enough;
      long linger = acknowledged.isEmpty() ? 0 : lingerNanos;
      while (linger > 0
          && acknowledged.size() < enough
          && partitions.values().stream().noneMatch(p -> p.draining)) {
        linger = deletable.awaitNanos(linger);
      }
      List<Acknowledged> taken = new ArrayList<>(Math.min(most, acknowledged.size()));
      while (taken.size() < most && !acknowledged.isEmpty()) {
        taken.add(acknowledged.removeFirst());
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a wait for rows to delete. */
  void endWaitForDeletes() {
    locked(deletable::signalAll);
  }

  /** These are no longer in the table. */
  void deleted(List<Acknowledged> gone) {
    locked(
        () -> {
          for (Acknowledged row : gone) {
            Slot slot = slots[row.slot()];
            if (slot != null && slot.partition.grant.epoch() == row.epoch()) {
              slot.deleted.add(row.id());
              slot.partition.undeleted--;
            }
          }
          if (unread) {
            readable.signal();
          }
          List.copyOf(partitions.values()).forEach(this::checkDrained);
        });
  }

  // ---- what it looks like ----

  /**
   * @param rows in memory, not acknowledged
   * @param held aggregates that an event holds which can never be sent
   * @param oldest when the oldest event in memory, or one that holds its aggregate, was written
   */
  record Summary(long rows, int held, Optional<Instant> oldest) {}

  Summary summary() {
    return locked(
        () -> {
          int held = 0;
          Instant oldest = null;
          for (Lane lane : lanes.values()) {
            held += lane.held() ? 1 : 0;
            Instant since = lane.oldest();
            if (since != null && (oldest == null || since.isBefore(oldest))) {
              oldest = since;
            }
          }
          return new Summary(rows, held, Optional.ofNullable(oldest));
        });
  }

  /** Whether nothing of the owned slots is known to be in the table alone. */
  boolean allInMemory() {
    return locked(() -> lanesWithLeft.isEmpty() && !anyBehind());
  }

  /** The grants of this backlog. */
  List<Grant> grants() {
    return locked(() -> partitions.values().stream().map(p -> p.grant).toList());
  }

  /** The slots that are to be read, as few ranges. */
  static List<SlotRange> ranges(long[] epochs) {
    List<SlotRange> ranges = new ArrayList<>();
    for (int n = 0; n < epochs.length; n++) {
      if (epochs[n] != 0) {
        int first = n;
        while (n + 1 < epochs.length && epochs[n + 1] != 0) {
          n++;
        }
        ranges.add(new SlotRange(first, n));
      }
    }
    return ranges;
  }

  // ---- inside ----

  private @Nullable Partition partition(int slot) {
    Slot owned = slots[slot];
    return owned == null ? null : owned.partition;
  }

  private void makeReady(Lane lane) {
    if (!lane.queued && lane.sendable()) {
      lane.queued = true;
      ready.addLast(lane);
      sendable.signal();
    }
  }

  private void removeIfEmpty(Lane lane) {
    if (lane.empty()) {
      lanes.remove(lane.aggregate(), lane);
    }
  }

  /** Rows leave the memory: sent, given up, or to be read again. */
  private void release(Iterable<Row> gone) {
    for (Row row : gone) {
      rows--;
      bytes -= row.bytes();
      Slot slot = slots[row.slot()];
      if (slot != null) {
        slot.rows--;
      }
    }
  }

  private void checkDrained(Partition partition) {
    if (partition.draining && partition.unanswered == 0 && partition.undeleted == 0) {
      forgetPartition(partition.grant.partition());
      drained.accept(partition.grant);
    }
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
