package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.StoredEvent;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What was handed over by the source and is not acknowledged. Decides what to send next; does none
 * of it. Thread-safe; takes no time but waiting's. Tells the source under its own lock, so that the
 * source hears of things in their order.
 *
 * <p>Times are nanoseconds of one monotonic clock, given by the caller.
 */
public final class Backlog implements Intake {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sendable = lock.newCondition();
  private final Lanes lanes;

  public Backlog(Limits limits, Source source) {
    lanes = new Lanes(limits, source, sendable::signal);
  }

  /** Owns a partition from now on. */
  public void own(Grant grant) {
    locked(() -> lanes.own(grant));
  }

  /** Takes nothing new of a partition; what may be on its way is still sent again. */
  public void drain(Grant grant) {
    locked(() -> lanes.drain(grant));
  }

  /** Gives up what a draining partition would still send again. */
  public void stopWaiting(Grant grant) {
    locked(() -> lanes.stopWaiting(grant));
  }

  /** Forgets everything of a partition at once, if it is still owned by this grant. */
  public void forget(Grant grant) {
    locked(() -> lanes.forget(grant));
  }

  @Override
  public Room room() {
    return locked(lanes::room);
  }

  @Override
  public boolean offer(StoredEvent event) {
    return locked(() -> lanes.offer(event));
  }

  @Override
  public boolean wants(Aggregate aggregate) {
    return locked(() -> lanes.wants(aggregate));
  }

  @Override
  public void resume(Aggregate aggregate) {
    locked(() -> lanes.resume(aggregate));
  }

  /**
   * Takes messages for one request, each of another aggregate; waits for the first.
   *
   * @return empty if there is none in time
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  public List<Message> take(long now, long waitNanos, Limits.Request request)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      List<Message> taken = lanes.take(now, request);
      if (taken.isEmpty()) {
        long wait = lanes.untilNext(now, waitNanos);
        if (wait > 0 && sendable.awaitNanos(wait) > 0) {
          return lanes.take(now, request);
        }
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** The queue has the message. */
  public void acknowledged(Message message) {
    locked(() -> lanes.acknowledged(message));
  }

  /** The message may or may not have arrived: it goes again as it is, at the given time. */
  public void failed(Message message, long at) {
    locked(() -> lanes.failed(message, at));
  }

  /** How often in a row an aggregate's message has failed. */
  public int failures(Message message) {
    return locked(() -> lanes.failures(message));
  }

  /**
   * The queue refused the message for what it is. A pack goes again event by event, to find out
   * which one it is; a single event holds its lane.
   */
  public void refused(Message message, String reason) {
    locked(() -> lanes.refused(message, reason));
  }

  /** The queue refused a request for what is in it: its messages go again, each in its own. */
  public void refused(List<Message> request, String reason) {
    locked(() -> lanes.refused(request, reason));
  }

  public Summary summary() {
    return locked(lanes::summary);
  }

  /** Whether nothing is in memory. */
  public boolean isEmpty() {
    return locked(lanes::isEmpty);
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
