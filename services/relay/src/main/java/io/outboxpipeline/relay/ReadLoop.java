package io.outboxpipeline.relay;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.Backlog.Fresh;
import io.outboxpipeline.relay.Backlog.Hold;
import io.outboxpipeline.relay.Backlog.LaneFetch;
import io.outboxpipeline.relay.Backlog.SlotFetch;
import io.outboxpipeline.relay.OutboxTable.Found;
import io.outboxpipeline.relay.OutboxTable.Newer;
import io.outboxpipeline.runtime.Transactions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Fills the backlog from the outbox table, on one connection. One small query by id finds what is
 * new in all slots at once; what is read is read slot by slot, so that no slot waits for another's
 * backlog.
 *
 * <p>Ids are given out before their rows commit, so rows can appear behind what was read. Each
 * query by id therefore goes back a little, every second or so all slots are looked at as far back
 * as the longest transaction may take, and every minute from their start.
 */
final class ReadLoop implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ReadLoop.class.getName());

  /** Keys of one query by id; more than this is a backlog, and read slot by slot. */
  private static final int NEWER_KEYS = 2000;

  /** Rows of one such query; more than this is a backlog, too. */
  private static final int NEWER_ROWS = 128;

  /** Ids that such a query is told to leave out, at most. */
  private static final int RECENT_IDS = 2000;

  /** Most transactions take less than this: their rows are seen by the next query. */
  private static final long SHORT_LOOK_BACK = Duration.ofMillis(250).toNanos();

  private static final long LATE_LOOK_EVERY = Duration.ofSeconds(1).toNanos();
  private static final long SWEEP_EVERY = Duration.ofMinutes(1).toNanos();
  private static final long WATCH_EVERY = Duration.ofSeconds(2).toNanos();
  private static final long COUNT_EVERY = Duration.ofSeconds(15).toNanos();
  private static final long DELAY_LEAST = Duration.ofMillis(2).toNanos();
  private static final long DELAY_TOLD = Duration.ofMillis(10).toNanos();

  /** While somebody tells of new rows. */
  private static final long DELAY_WATCHED = Duration.ofMillis(500).toNanos();

  private static final long DELAY_WOKEN = Duration.ofNanos(250_000).toNanos();

  private final Backlog backlog;
  private final OutboxTable table;
  private final DataSource database;
  private final Transactions fenced;
  private final RelayMetrics metrics;
  private final long idleDelay;
  private final Waker waker;
  private final long maxTransaction;
  private final Marks marks;
  private final LateLook lateLook;

  /** Ids that the last queries by id found and the next ones, which go back a little, need not. */
  private final NavigableSet<Long> recent = new TreeSet<>();

  /** Whether the last look found so much that was new that whole rows were too many. */
  private boolean many;

  private final Set<Grant> wanted = new TreeSet<>(Comparator.comparingInt(Grant::partition));
  private final Thread thread = Thread.ofPlatform().name("read").unstarted(this::run);

  /** Until then what is left behind waits if new rows come: it takes half of the time at most. */
  private long backlogDue = System.nanoTime();

  private long lastFound = System.nanoTime();
  private long lastLateLook = System.nanoTime();
  private long lateLookPause = LATE_LOOK_EVERY;

  /** Whether a look far back is under way. */
  private boolean looking;

  /** Whether that look is at everything. */
  private boolean sweeping;

  private long lookBegan;
  private long lookTook;

  /**
   * Until then a look far back waits while slots are read: it takes a fifth of the time at most.
   */
  private long lateLookDue = System.nanoTime();

  /**
   * The next look far back is for ids above this. These were given out so long before the last look
   * that was finished that their transactions had ended: it, or one before it, saw their rows.
   */
  private long settled;

  /** What that will be when the look that is under way is finished. */
  private long settledNext;

  private long lastSweep = System.nanoTime();
  private long lastWatch = System.nanoTime();
  private long lastCount = System.nanoTime() - COUNT_EVERY;
  private volatile long counted;
  private volatile boolean counting;
  private volatile @Nullable String trouble = "the database was not asked yet";
  private volatile boolean stopped;

  /**
   * @param fenced for what locks epochs
   * @param idleDelay between two queries when nothing happens and the waker does not watch
   * @param waker wakes the backlog
   * @param maxTransaction how long a writer's transaction may take
   */
  ReadLoop(
      Backlog backlog,
      OutboxTable table,
      DataSource database,
      Transactions fenced,
      RelayMetrics metrics,
      Duration idleDelay,
      Waker waker,
      Duration maxTransaction) {
    this.backlog = backlog;
    this.table = table;
    this.database = database;
    this.fenced = fenced;
    this.metrics = metrics;
    this.idleDelay = idleDelay.toNanos();
    this.waker = waker;
    this.maxTransaction = maxTransaction.toNanos();
    this.marks = new Marks(maxTransaction.toNanos());
    this.lateLook = new LateLook(backlog);
  }

  void start() {
    thread.start();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Why nothing can be read now, if so. */
  Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /**
   * How many rows of the owned partitions are in the table, counted now and then, up to 100,000.
   */
  long backlogRows() {
    return Math.max(counted, backlog.summary().rows());
  }

  /** Reads a partition from now on. */
  void own(Grant grant) {
    synchronized (wanted) {
      wanted.removeIf(g -> g.partition() == grant.partition());
      wanted.add(grant);
    }
    backlog.wake();
  }

  /**
   * Reads no more of a partition that may not have been begun yet.
   *
   * @return whether it was not
   */
  boolean disown(Grant grant) {
    synchronized (wanted) {
      return wanted.remove(grant);
    }
  }

  @Override
  public void close() {
    stopped = true;
    RelayLoops.end(thread);
  }

  private void run() {
    for (int failures = 1; !stopped; failures++) {
      try (Connection c = database.getConnection();
          PreparedStatement anyAfter = OutboxTable.anyAfter(c)) {
        c.setAutoCommit(true);
        // What was found before an error may not have been added.
        recent.clear();
        lateLook.stop();
        looking = false;
        if (marks.at(System.nanoTime()) == 0) {
          // What is below is read slot by slot anyway.
          marks.record(System.nanoTime() - SHORT_LOOK_BACK, OutboxTable.highestId(c));
        }
        long delay = DELAY_LEAST;
        boolean quiet = false;
        while (!stopped) {
          boolean nothing = quiet && stillNothing(anyAfter, System.nanoTime());
          boolean found = !nothing && read(c);
          if (trouble != null) {
            LOG.log(INFO, "reads the outbox");
            trouble = null;
          }
          failures = 0;
          if (found) {
            lastFound = System.nanoTime();
            delay = waker.tellsOfEachCommit() ? DELAY_TOLD : DELAY_LEAST;
          }
          quiet = false;
          if (!found || backlog.allInMemory() || backlogWaits()) {
            boolean watched = nothing && waker.watches(marks.latest());
            boolean woken = backlog.awaitReadable(watched ? DELAY_WATCHED : delay);
            // What commits a little late is polled for first.
            quiet = !woken && System.nanoTime() - lastFound >= SHORT_LOOK_BACK;
            if (!woken) {
              delay = Math.min(idleDelay, delay * 2);
            } else if (waker.tellsOfEachCommit()) {
              // The word of a commit comes a little before its rows can be read.
              delay = DELAY_WOKEN;
            }
          }
        }
      } catch (SQLException | RuntimeException e) {
        if (stopped) {
          return;
        }
        if (failures == 1) {
          LOG.log(
              WARNING, "the outbox can't be read, tries again: " + e.getMessage(), unforeseen(e));
        }
        trouble = "the outbox can't be read: " + e.getMessage();
        pause(RelayLoops.BACKOFF.after(failures));
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** A stack trace for what is a bug, none for a database that is away. */
  private static @Nullable Exception unforeseen(Exception e) {
    return e instanceof SQLException ? null : e;
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Whether a round would find nothing, by one small query, which is asked many times while nothing
   * happens.
   */
  private boolean stillNothing(PreparedStatement anyAfter, long now) throws SQLException {
    synchronized (wanted) {
      if (!wanted.isEmpty()) {
        return false;
      }
    }
    if (now - lastWatch >= WATCH_EVERY
        || now - lastCount >= COUNT_EVERY
        || now - lastSweep >= SWEEP_EVERY
        || looking
        || !backlog.isEmpty()) {
      return false;
    }
    boolean late = lateLookIsDue(now);
    if (late && !looksFast()) {
      return false;
    }
    if (OutboxTable.isAnyAfter(anyAfter, late ? settled : marks.at(now - SHORT_LOOK_BACK))) {
      return false;
    }
    if (late) {
      beginLook(now, false);
      endLook(System.nanoTime() - now);
    }
    return true;
  }

  /**
   * Whether one query by id may look far back. Rows that were deleted and not purged, because a
   * backup's snapshot is open, cost it 2 µs each, and a look slot by slot 1 µs.
   */
  private boolean looksFast() {
    return lateLookPause == LATE_LOOK_EVERY && !backlog.isBehind();
  }

  private void beginLook(long now, boolean sweep) {
    looking = true;
    sweeping = sweep;
    settledNext = marks.at(now - maxTransaction);
    lookBegan = now;
    lookTook = 0;
  }

  /** All that the look found was added, or there was nothing. What is slow comes more rarely. */
  private void endLook(long took) {
    looking = false;
    settled = settledNext;
    lastLateLook = lookBegan;
    lateLookPause = Math.max(LATE_LOOK_EVERY, 20 * took);
    if (sweeping) {
      // Where it takes minutes, looks for what is late come between two of them.
      lastSweep = System.nanoTime();
    }
  }

  private boolean lateLookIsDue(long now) {
    return now - lastLateLook >= lateLookPause && marks.at(now) != settled;
  }

  /** Whether what is left behind is not to be read now if new rows come. */
  private boolean backlogWaits() {
    return System.nanoTime() - backlogDue < 0;
  }

  /** One round; says whether it found anything, or is not through with looking. */
  private boolean read(Connection c) throws SQLException {
    beginWanted(c);
    recordHolds();
    long now = System.nanoTime();
    if (now - lastWatch >= WATCH_EVERY) {
      lastWatch = now;
      watchQuarantine(c);
    }
    long[] epochs = backlog.beginRead();
    List<SlotRange> ranges = Backlog.ranges(epochs);
    if (ranges.isEmpty()) {
      return false;
    }
    Look look = look(c, ranges, epochs, now);
    List<Row> fresh = new ArrayList<>(readLate(c, look.late(), epochs));
    fresh.addAll(look.next());
    // What is new does not wait for what follows: it can be sent by now.
    addByKeys(c, fresh, epochs);
    boolean flowing = !look.next().isEmpty();
    if (flowing && backlogWaits()) {
      return true;
    }
    long from = System.nanoTime();
    List<LaneFetch> laneFetches = backlog.laneFetches(flowing);
    var large = new OutboxTable.LargePayloads();
    List<Found> lanes = new ArrayList<>();
    for (LaneFetch fetch : laneFetches) {
      lanes.add(table.readLane(c, fetch, large, epochs));
    }
    List<SlotFetch> slotFetches = backlog.slotFetches(marks.latest());
    List<Found> slots =
        slotFetches.isEmpty() ? List.of() : table.readSlots(c, slotFetches, large, epochs);
    Set<Aggregate> emptied = new HashSet<>();
    for (int i = 0; i < lanes.size(); i++) {
      if (lanes.get(i).complete()) {
        emptied.add(laneFetches.get(i).aggregate());
      }
    }
    List<Row> staged =
        Stream.concat(lanes.stream(), slots.stream()).flatMap(f -> f.rows().stream()).toList();
    addMissed(c, staged, emptied, epochs);
    for (int i = 0; i < lanes.size(); i++) {
      backlog.addLane(laneFetches.get(i), lanes.get(i).rows(), lanes.get(i).complete());
    }
    for (int i = 0; i < slots.size(); i++) {
      backlog.addSlot(slotFetches.get(i), slots.get(i).rows(), slots.get(i).complete());
    }
    boolean foundLate =
        (slotFetches.isEmpty() || now - lateLookDue >= 0) && lookForLate(c, ranges, epochs, now);
    count(ranges, now);
    long end = System.nanoTime();
    backlogDue = flowing ? end + (end - from) : end;
    return foundLate
        || looking
        || !fresh.isEmpty()
        || !laneFetches.isEmpty()
        || !slotFetches.isEmpty();
  }

  /**
   * What a look at the table by id found.
   *
   * @param late keys behind what was read
   * @param next rows, by id, that continue what was read of their slots
   */
  private record Look(List<RowKey> late, List<Row> next) {}

  /**
   * Looks for what is new: for whole rows as long as they come a few at a time, also while slots
   * have a backlog; else for their keys, which tell what slots to read.
   */
  private Look look(Connection c, List<SlotRange> ranges, long[] epochs, long now)
      throws SQLException {
    long after = marks.at(now - SHORT_LOOK_BACK);
    long latest = marks.latest();
    List<RowKey> keys;
    List<RowKey> late = new ArrayList<>();
    List<Row> next = List.of();
    boolean complete;
    recent.headSet(after, true).clear();
    if (many && backlog.isBehind()) {
      keys = OutboxTable.newer(c, ranges, after, NEWER_KEYS);
      complete = keys.size() < NEWER_KEYS;
      late.addAll(backlog.exist(keys));
    } else {
      Newer newer = OutboxTable.newerRows(c, ranges, after, recent, NEWER_ROWS);
      keys = newer.keys();
      complete = newer.complete();
      if (complete) {
        Fresh fresh = backlog.fresh(keys);
        late.addAll(fresh.late());
        next = table.rows(newer, fresh.next(), epochs);
      } else {
        late.addAll(backlog.exist(keys));
      }
    }
    keys.forEach(key -> recent.add(key.id()));
    while (recent.size() > RECENT_IDS) {
      recent.pollFirst();
    }
    many = !complete || keys.stream().filter(k -> k.id() > latest).count() > NEWER_ROWS / 2;
    if (!complete) {
      backlog.allBehind();
      marks.record(now, OutboxTable.highestId(c));
    } else if (!keys.isEmpty()) {
      marks.record(now, keys.getLast().id());
    }
    return new Look(late, next);
  }

  private List<Row> readLate(Connection c, List<RowKey> late, long[] epochs) throws SQLException {
    return late.isEmpty() ? List.of() : table.readKeys(c, late, backlog.left(), epochs);
  }

  private void addByKeys(Connection c, List<Row> rows, long[] epochs) throws SQLException {
    addMissed(c, rows, Set.of(), epochs);
    backlog.add(rows, epochs);
  }

  /**
   * Looks farther back, if it is time to.
   *
   * @return whether anything was there
   */
  private boolean lookForLate(Connection c, List<SlotRange> ranges, long[] epochs, long now)
      throws SQLException {
    long from = System.nanoTime();
    List<Row> rows = readLate(c, lateKeys(c, ranges, now), epochs);
    addByKeys(c, rows, epochs);
    if (looking) {
      long end = System.nanoTime();
      lookTook += end - from;
      lateLookDue = end + 4 * (end - from);
      if (lateLook.isDone()) {
        endLook(lookTook);
      }
    }
    return !rows.isEmpty();
  }

  /** With few rows about one query by id tells; else the slots are looked at, piece by piece. */
  private List<RowKey> lateKeys(Connection c, List<SlotRange> ranges, long now)
      throws SQLException {
    if (!looking) {
      boolean sweep = now - lastSweep >= SWEEP_EVERY;
      if (!sweep && !lateLookIsDue(now)) {
        return List.of();
      }
      beginLook(now, sweep);
      if (!sweep && looksFast()) {
        List<RowKey> keys = OutboxTable.newer(c, ranges, settled, NEWER_KEYS);
        if (keys.size() < NEWER_KEYS) {
          return backlog.exist(keys);
        }
      }
      lateLook.begin(sweep ? 0 : settled);
    }
    return lateLook.goOn(c, marks.latest());
  }

  /** Before rows are added whose predecessor was never seen, looks whether it came late. */
  private void addMissed(Connection c, List<Row> staged, Set<Aggregate> emptied, long[] epochs)
      throws SQLException {
    Set<Integer> suspicious = backlog.slotsToLookAtAgain(staged, emptied);
    if (!suspicious.isEmpty()) {
      var again = new LateLook(backlog);
      again.begin(suspicious, settled);
      List<RowKey> missed = again.finish(c, marks.latest());
      if (!missed.isEmpty()) {
        backlog.add(table.readKeys(c, missed, backlog.left(), epochs), epochs);
      }
    }
  }

  /** Begins partitions that were granted since the last round. */
  private void beginWanted(Connection c) throws SQLException {
    while (true) {
      Grant grant;
      synchronized (wanted) {
        if (wanted.isEmpty()) {
          return;
        }
        grant = wanted.iterator().next();
      }
      var held = Quarantine.held(c, grant.slots());
      synchronized (wanted) {
        if (wanted.remove(grant)) {
          backlog.own(grant, held);
        }
      }
    }
  }

  private void recordHolds() throws SQLException {
    for (Hold hold : backlog.holds()) {
      Row row = hold.row();
      fenced.run(
          transaction -> {
            Quarantine.record(transaction, hold, hold.partition());
            return true;
          });
      backlog.recorded(hold);
      metrics.quarantined();
      LOG.log(
          WARNING,
          "event {0} can never be sent and holds its aggregate ({1} {2}, sequence {3}): {4}",
          row.eventId(),
          row.aggregate().type(),
          row.aggregate().id(),
          Long.toString(row.sequence()),
          hold.reason());
    }
  }

  /** Lets aggregates go on whose event was released or discarded, through whichever relay. */
  private void watchQuarantine(Connection c) throws SQLException {
    Set<String> held = backlog.held();
    if (!held.isEmpty()) {
      Set<String> released = new TreeSet<>(held);
      released.removeAll(Quarantine.stillHeld(c, held));
      backlog.resume(released);
    }
  }

  /** Not by this thread: it would wait for a quarter of a second and more, and so would events. */
  private void count(List<SlotRange> ranges, long now) {
    if (now - lastCount < COUNT_EVERY || counting) {
      return;
    }
    lastCount = now;
    if (backlog.allInMemory()) {
      counted = 0;
      return;
    }
    counting = true;
    Thread.ofVirtual()
        .name("count")
        .start(
            () -> {
              try (Connection c = database.getConnection()) {
                counted = OutboxTable.count(c, ranges, 100_000);
              } catch (SQLException e) {
                LOG.log(DEBUG, "the backlog was not counted", e);
              } finally {
                counting = false;
              }
            });
  }
}
