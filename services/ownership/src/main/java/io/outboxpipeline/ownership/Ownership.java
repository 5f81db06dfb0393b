package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Event.Answer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

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

  /** So many calls beside the heartbeat's at once: a restart claims many partitions in a burst. */
  private static final int CALLS_AT_ONCE = 4;

  /**
   * Who this member is and how it behaves.
   *
   * @param partitions the same for all members, from 1 to {@link Partitions#MAX}
   * @param timing the same for all members
   */
  public record Settings(MemberId member, int partitions, LeaseTiming timing) {

    public Settings {
      Partitions.checkCount(partitions);
    }
  }

  /** What other threads may know of the membership, as of its last step. */
  private record Published(
      Moment at, long sendUntil, long confirmedAt, boolean ended, OwnershipStatus status) {}

  private final Settings settings;
  private final LeaseStore store;
  private final Fence fence;
  private final PartitionWork work;
  private final LongSupplier nanoClock;
  private final InstantSource wallClock;
  private final Membership membership;
  private final long longestJumpMillis;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Semaphore permits = new Semaphore(CALLS_AT_ONCE, true);
  private final ExecutorService calls =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("ownership-call-", 0).factory());
  private final AtomicBoolean storeAway = new AtomicBoolean();
  private final CompletableFuture<Ending> ended = new CompletableFuture<>();
  private final Thread loop;
  private volatile Published published;

  private Ownership(
      Settings settings,
      LeaseStore store,
      Fence fence,
      PartitionWork work,
      LongSupplier nanoClock,
      InstantSource wallClock) {
    this.settings = settings;
    this.store = store;
    this.fence = fence;
    this.work = work;
    this.nanoClock = nanoClock;
    this.wallClock = wallClock;
    Moment now = new Moment(nanoClock.getAsLong(), wallClock.millis());
    membership =
        new Membership(
            settings.member,
            UUID.randomUUID().toString(),
            settings.partitions,
            settings.timing,
            now);
    longestJumpMillis = membership.longestJumpMillis();
    published = publication(now);
    loop = Thread.ofVirtual().name("ownership").unstarted(this::loop);
  }

  /**
   * Joins. If the database has another number of partitions, this first watches for a whole lease
   * whether anybody works with them, and replaces them if not.
   *
   * @throws PartitionCountException if somebody does
   * @throws StoreException if the database or the store does not answer at this moment
   */
  public static Ownership start(
      Settings settings, LeaseStore store, Fence fence, PartitionWork work)
      throws InterruptedException {
    return start(settings, store, fence, work, System::nanoTime, InstantSource.system());
  }

  static Ownership start(
      Settings settings,
      LeaseStore store,
      Fence fence,
      PartitionWork work,
      LongSupplier nanoClock,
      InstantSource wallClock)
      throws InterruptedException {
    new Preparation(settings.partitions, settings.timing, store, fence, nanoClock).run();
    var ownership = new Ownership(settings, store, fence, work, nanoClock, wallClock);
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
    events.add(new Event.Drained(grant));
  }

  /** Tells that {@link DatabaseFence#stale} named this grant's partition. */
  public void fencedOut(Grant grant) {
    events.add(new Event.FencedOut(grant));
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
    events.add(new Event.Leave(timeout.toNanos() / 4));
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
    events.add(new Event.Stop(Ending.CLOSED));
    try {
      loop.join(Duration.ofSeconds(5));
      if (!calls.awaitTermination(1, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "calls to the lease store still hang");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    LOG.log(Level.INFO, "member {0} joins, partitions: {1}", settings.member, settings.partitions);
    try {
      while (!published.ended) {
        long wait = membership.wakeAt() - nanoClock.getAsLong();
        Event event = events.poll(Math.max(wait, 0), TimeUnit.NANOSECONDS);
        step(event == null ? new Event.Tick() : event);
      }
    } catch (InterruptedException e) {
      step(new Event.Stop(Ending.CLOSED));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the membership failed", e);
      step(new Event.Stop(Ending.FAILED));
    } finally {
      calls.shutdown();
      ended.complete(membership.ending().orElse(Ending.FAILED));
    }
  }

  private void step(Event event) {
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
      step(new Event.Stop(Ending.FAILED));
    }
  }

  private void perform(Command command) {
    switch (command) {
      case Command.Call(long id, Op op) -> {
        long issued = nanoClock.getAsLong();
        calls.execute(() -> call(id, op, issued));
      }
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

  private void call(long id, Op op, long issued) {
    if (isOwnHeartbeat(op)) {
      events.add(new Event.Answered(id, answer(op)));
      return;
    }
    permits.acquireUninterruptibly();
    try {
      // One that stood in the queue for so long counts as lost already.
      if (nanoClock.getAsLong() - issued < membership.callTimeoutNanos()) {
        events.add(new Event.Answered(id, answer(op)));
      }
    } finally {
      permits.release();
    }
  }

  private boolean isOwnHeartbeat(Op op) {
    return switch (op) {
      case Op.ReadHeartbeat _ -> true;
      case Op.WriteHeartbeat(Heartbeat h) -> h.member().equals(settings.member);
      case Op.DeleteHeartbeat(Heartbeat h) -> h.member().equals(settings.member);
      case Op.ReadSnapshot _, Op.WriteLease _, Op.RaiseFence _ -> false;
    };
  }

  private Answer answer(Op op) {
    try {
      Answer answer =
          switch (op) {
            case Op.ReadHeartbeat(MemberId member) -> new Answer.Found(store.heartbeat(member));
            case Op.WriteHeartbeat(Heartbeat next) -> new Answer.Cas(store.write(next));
            case Op.DeleteHeartbeat(Heartbeat stored) -> new Answer.Cas(store.delete(stored));
            case Op.ReadSnapshot() -> new Answer.Read(store.snapshot());
            case Op.WriteLease(PartitionLease next) -> new Answer.Cas(store.write(next));
            case Op.RaiseFence(MemberId owner, Grant grant) ->
                new Answer.Raise(fence.raise(owner, grant));
          };
      if (storeAway.getAndSet(false)) {
        LOG.log(Level.INFO, "the lease store answers again");
      }
      return answer;
    } catch (RuntimeException e) {
      if (!storeAway.getAndSet(true)) {
        LOG.log(Level.WARNING, "the lease store does not answer: {0}: {1}", e, e.getCause());
      }
      return new Answer.Unknown();
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
