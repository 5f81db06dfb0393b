package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Input.Answer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A member's calls of the lease store and the fence. Safe for use by several threads. */
final class StoreCalls {

  private static final Logger LOG = System.getLogger(Ownership.class.getName());

  /** So many calls beside the heartbeat's at once: a restart claims many partitions in a burst. */
  private static final int CALLS_AT_ONCE = 4;

  private final MemberId self;
  private final LeaseStore store;
  private final Fence fence;
  private final Supplier<Report> report;
  private final LongSupplier nanoClock;
  private final Consumer<Input> answers;
  private final Semaphore permits = new Semaphore(CALLS_AT_ONCE, true);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("ownership-call-", 0).factory());
  private final AtomicBoolean storeAway = new AtomicBoolean();
  private final AtomicBoolean fenceAway = new AtomicBoolean();

  StoreCalls(
      MemberId self,
      LeaseStore store,
      Fence fence,
      Supplier<Report> report,
      LongSupplier nanoClock,
      Consumer<Input> answers) {
    this.self = self;
    this.store = store;
    this.fence = fence;
    this.report = report;
    this.nanoClock = nanoClock;
    this.answers = answers;
  }

  /**
   * Performs it in a thread of its own and hands over its answer.
   *
   * @param timeoutNanos one that waited for its turn for so long counts as lost, and is not done
   */
  void perform(long id, Op op, long timeoutNanos) {
    long issued = nanoClock.getAsLong();
    threads.execute(
        () -> {
          if (isOwnHeartbeat(op)) {
            answers.accept(new Input.Answered(id, answer(op)));
            return;
          }
          permits.acquireUninterruptibly();
          try {
            if (nanoClock.getAsLong() - issued < timeoutNanos) {
              answers.accept(new Input.Answered(id, answer(op)));
            }
          } finally {
            permits.release();
          }
        });
  }

  /** Takes no more. */
  void stop() {
    threads.shutdown();
  }

  /** Waits a second for those that are on their way, after {@link #stop}. */
  void close() throws InterruptedException {
    if (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
      LOG.log(Level.WARNING, "calls to the lease store still hang");
    }
  }

  private boolean isOwnHeartbeat(Op op) {
    return switch (op) {
      case Op.ReadHeartbeat _ -> true;
      case Op.WriteHeartbeat(Heartbeat h) -> h.member().equals(self);
      case Op.DeleteHeartbeat(Heartbeat h) -> h.member().equals(self);
      case Op.ReadSnapshot(),
          Op.WriteLease _,
          Op.DeleteLease _,
          Op.ReadLayout(),
          Op.LayFence _,
          Op.RaiseFence _ ->
          false;
    };
  }

  private static boolean isOfFence(Op op) {
    return switch (op) {
      case Op.ReadLayout(), Op.LayFence _, Op.RaiseFence _ -> true;
      case Op.ReadHeartbeat _,
          Op.WriteHeartbeat _,
          Op.DeleteHeartbeat _,
          Op.ReadSnapshot(),
          Op.WriteLease _,
          Op.DeleteLease _ ->
          false;
    };
  }

  private Answer answer(Op op) {
    AtomicBoolean away = isOfFence(op) ? fenceAway : storeAway;
    String which = isOfFence(op) ? "base database" : "lease store";
    try {
      Answer answer =
          switch (op) {
            case Op.ReadHeartbeat(MemberId member) -> new Answer.Found(store.heartbeat(member));
            case Op.WriteHeartbeat(Heartbeat next) -> new Answer.Cas(store.write(reporting(next)));
            case Op.DeleteHeartbeat(Heartbeat stored) -> new Answer.Cas(store.delete(stored));
            case Op.ReadSnapshot() -> new Answer.Read(store.snapshot());
            case Op.WriteLease(PartitionLease next) -> new Answer.Cas(store.write(next));
            case Op.DeleteLease(PartitionLease stored) -> new Answer.Cas(store.delete(stored));
            case Op.ReadLayout() -> new Answer.Cut(fence.layout());
            case Op.LayFence(Layout seen, int partitions) -> laid(seen, partitions);
            case Op.RaiseFence(MemberId owner, Grant grant) ->
                new Answer.Raise(fence.raise(owner, grant));
          };
      if (away.getAndSet(false)) {
        LOG.log(Level.INFO, "the {0} answers again", which);
      }
      return answer;
    } catch (RuntimeException e) {
      if (!away.getAndSet(true)) {
        LOG.log(Level.WARNING, "the {0} does not answer: {1}: {2}", which, e, e.getCause());
      }
      return new Answer.Unknown();
    }
  }

  private Answer laid(Layout seen, int partitions) {
    boolean done = fence.lay(seen, partitions);
    if (done) {
      LOG.log(
          Level.INFO,
          "{0} partitions, where {1} were, are laid out",
          partitions,
          seen.partitions());
    }
    return new Answer.Laid(done);
  }

  /** Only in the member's own renewals: seizing another one's heartbeat leaves its report. */
  private Heartbeat reporting(Heartbeat next) {
    if (!next.member().equals(self)) {
      return next;
    }
    try {
      return next.reporting(report.get());
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "no report with this renewal", e);
      return next;
    }
  }
}
