package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One relay's membership: keeps its heartbeat, and tells its {@link PartitionWork} which partitions
 * are its own. Once started it goes on whatever the store does, until it {@linkplain #leave
 * leaves}, is {@linkplain #close closed}, or ends by itself ({@link #ended}).
 *
 * <p>Safe for use by several threads. Uses at most five connections of a database store's source at
 * once, one of them for the heartbeat alone.
 */
public final class Ownership implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Ownership.class.getName());

  /**
   * Who this member is and how it behaves.
   *
   * @param partitions how many there shall be from now on, for all members, from 1 to {@link
   *     Partitions#MAX}: the last who starts with another number decides. Empty: as many as {@link
   *     WantedPartitions} says, or the database has, or {@link Partitions#DEFAULT}
   * @param timing the same for all members
   */
  public record Settings(MemberId member, OptionalInt partitions, LeaseTiming timing) {

    public Settings {
      partitions.ifPresent(Partitions::checkCount);
    }

    public Settings(MemberId member, int partitions, LeaseTiming timing) {
      this(member, OptionalInt.of(partitions), timing);
    }
  }

  /** What other threads may know of the membership, as of its last step. */
  private record Published(
      Moment at, long sendUntil, long confirmedAt, boolean ended, OwnershipStatus status) {}

  private final Settings settings;
  private final PartitionWork work;
  private final LongSupplier nanoClock;
  private final InstantSource wallClock;
  private final Membership membership;
  private final long longestJumpMillis;
  private final BlockingQueue<Input> events = new LinkedBlockingQueue<>();
  private final StoreCalls calls;
  private final CompletableFuture<Ending> ended = new CompletableFuture<>();
  private final Thread loop;
  private volatile Published published;

  private Ownership(
      Settings settings,
      LeaseStore store,
      Fence fence,
      PartitionWork work,
      Supplier<Report> report,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    this.settings = settings;
    this.work = work;
    this.nanoClock = nanoClock;
    this.wallClock = wallClock;
    Moment now = new Moment(nanoClock.getAsLong(), wallClock.millis());
    membership =
        new Membership(
            settings.member,
            UUID.randomUUID().toString(),
            settings.timing,
            store.pollPeriod(),
            now);
    calls = new StoreCalls(settings.member, store, fence, report, nanoClock, events::add);
    longestJumpMillis = membership.longestJumpMillis();
    published = publication(now);
    loop = Thread.ofVirtual().name("ownership").unstarted(this::loop);
  }

  /**
   * Joins. If there are another number of partitions than the settings say, says so to all first.
   *
   * @param report what each renewal says of the member; called often, must return quickly
   * @throws StoreException if the store does not answer at this moment, or if the fence doesn't and
   *     is the only one to know how many partitions there are
   */
  public static Ownership start(
      Settings settings,
      LeaseStore store,
      Fence fence,
      PartitionWork work,
      Supplier<Report> report) {
    return start(settings, store, fence, work, report, System::nanoTime, InstantSource.system());
  }

  /** Joins, with nothing to report. */
  public static Ownership start(
      Settings settings, LeaseStore store, Fence fence, PartitionWork work) {
    return start(settings, store, fence, work, () -> Report.NONE);
  }

  static Ownership start(
      Settings settings,
      LeaseStore store,
      Fence fence,
      PartitionWork work,
      Supplier<Report> report,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    if (settings.partitions.isPresent()) {
      WantedPartitions.set(store, settings.partitions.getAsInt());
    } else if (store.snapshot().wanted().isEmpty()) {
      int there = fence.layout().partitions();
      WantedPartitions.set(store, there > 0 ? there : Partitions.DEFAULT);
    }
    var ownership = new Ownership(settings, store, fence, work, report, nanoClock, wallClock);
    ownership.loop.start();
    return ownership;
  }

  /** Whether a request for an owned partition may be sent now. Takes no locks: ask before each. */
  public boolean maySend() {
    Published p = published;
    Moment now = now();
    return !p.ended
        && p.sendUntil - now.nanos() > 0
        && !Membership.jumped(p.at, now, longestJumpMillis);
  }

  /**
   * Until when requests may be sent, in {@link System#nanoTime()}; not in the future if they may
   * not be sent now. {@link #maySend} also looks at the wall clock.
   */
  public long sendUntilNanos() {
    return published.sendUntil;
  }

  /** Answers {@link PartitionWork#drain}: nothing of this grant is in flight any more. */
  public void drained(Grant grant) {
    LOG.log(Level.DEBUG, "drained {0}", grant);
    events.add(new Input.Drained(grant));
  }

  /** Tells that {@link DatabaseFence#stale} named this grant's partition. */
  public void fencedOut(Grant grant) {
    events.add(new Input.FencedOut(grant));
  }

  /** How the member stands. */
  public OwnershipStatus status() {
    Published p = published;
    return p.status.renewedAgo(Duration.ofNanos(nanoClock.getAsLong() - p.confirmedAt));
  }

  /** Completes, never exceptionally, when the membership is over; all grants are abandoned then. */
  public CompletableFuture<Ending> ended() {
    return ended.copy();
  }

  /**
   * Hands all partitions over, drained, and goes. Returns when that is done, or closes this when
   * the time is over; then the others take the rest a lease later.
   *
   * @return whether everything was handed over in time
   */
  public boolean leave(Duration timeout) throws InterruptedException {
    events.add(new Input.Leave(timeout.toNanos() / 4));
    try {
      return ended.get(timeout.toNanos(), TimeUnit.NANOSECONDS) == Ending.LEFT;
    } catch (TimeoutException | ExecutionException e) {
      LOG.log(Level.WARNING, "member {0} could not hand over within {1}", settings.member, timeout);
      return false;
    } finally {
      close();
    }
  }

  /**
   * Abandons everything at once; the others take it a lease later. After {@link #leave}, or when it
   * ended by itself, only waits for its threads.
   */
  @Override
  public void close() {
    events.add(new Input.Stop(Ending.CLOSED));
    try {
      loop.join(Duration.ofSeconds(5));
      calls.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    LOG.log(Level.INFO, "member {0} joins", settings.member);
    try {
      while (!published.ended) {
        long wait = membership.wakeAt() - nanoClock.getAsLong();
        Input event = events.poll(Math.max(wait, 0), TimeUnit.NANOSECONDS);
        step(event == null ? new Input.Tick() : event);
      }
    } catch (InterruptedException e) {
      step(new Input.Stop(Ending.CLOSED));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the membership failed", e);
      step(new Input.Stop(Ending.FAILED));
    } finally {
      calls.stop();
      ended.complete(membership.ending().orElse(Ending.FAILED));
    }
  }

  private void step(Input event) {
    Moment now = now();
    List<Command> commands = membership.step(event, now);
    published = publication(now);
    long lost = commands.stream().filter(Command.AbandonWork.class::isInstance).count();
    if (lost > 0) {
      LOG.log(Level.INFO, "member {0} abandons {1} partitions", settings.member, lost);
    }
    boolean failed = false;
    for (Command command : commands) {
      try {
        perform(command);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "the partition work failed at " + command, e);
        failed = true;
      }
    }
    if (failed) {
      step(new Input.Stop(Ending.FAILED));
    }
  }

  private void perform(Command command) {
    switch (command) {
      case Command.Call(long id, Op op) -> calls.perform(id, op, membership.callTimeoutNanos());
      case Command.StartWork(Grant grant) -> {
        LOG.log(Level.DEBUG, "owns {0}", grant);
        work.start(grant);
      }
      case Command.DrainWork(Grant grant) -> {
        LOG.log(Level.DEBUG, "hands over {0}", grant);
        work.drain(grant);
      }
      case Command.AbandonWork(Grant grant) -> {
        LOG.log(Level.DEBUG, "lost {0}", grant);
        work.abandon(grant);
      }
      case Command.Finish(Ending ending) ->
          LOG.log(
              ending == Ending.LEFT || ending == Ending.CLOSED ? Level.INFO : Level.WARNING,
              "member {0} ends: {1}",
              settings.member,
              ending);
    }
  }

  private Published publication(Moment now) {
    return new Published(
        now,
        membership.sendUntil(),
        membership.confirmedAt(),
        membership.ending().isPresent(),
        membership.status(now.nanos()));
  }

  private Moment now() {
    return new Moment(nanoClock.getAsLong(), wallClock.millis());
  }
}
