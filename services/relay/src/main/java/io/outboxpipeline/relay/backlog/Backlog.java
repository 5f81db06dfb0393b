package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Slots;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was handed over by the source and is not acknowledged: per aggregate a lane of events, of
 * which at most one message is on its way. Decides what to send next; does none of it. Thread-safe;
 * takes no time but waiting's. Tells the source under its own lock, so that the source hears of
 * things in their order.
 *
 * <p>Times are nanoseconds of one monotonic clock, given by the caller.
 */
public final class Backlog implements Intake {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sendable = lock.newCondition();
  private final Limits limits;
  private final Source source;
  private final Packing packing;
  private final Turns turns = new Turns();
  private final Map<Integer, Share> shares = new TreeMap<>();
  private final @Nullable Share[] bySlot = new Share[Slots.COUNT];
  private final int[] rowsOfSlot = new int[Slots.COUNT];
  private final Map<Aggregate, Lane> lanes = new HashMap<>();
  private long rows;
  private long bytes;

  /** Whether the source was told that there is no room. */
  private boolean full;

  public Backlog(Limits limits, Source source) {
    this.limits = limits;
    this.source = source;
    this.packing = new Packing(limits);
  }

  // ---- partitions ----

  /** Owns a partition from now on. */
  public void own(Grant grant) {
    locked(
        () -> {
          forgetPartition(grant.partition());
          var share = new Share(grant);
          shares.put(grant.partition(), share);
          for (int n = grant.slots().first(); n <= grant.slots().last(); n++) {
            bySlot[n] = share;
          }
        });
  }

  /** Takes nothing new of a partition; what may be on its way is still sent again. */
  public void drain(Grant grant) {
    locked(
        () -> {
          Share share = share(grant);
          if (share != null) {
            share.draining = true;
            checkDrained(share);
          }
        });
  }

  /** Gives up what a draining partition would still send again. */
  public void stopWaiting(Grant grant) {
    locked(
        () -> {
          Share share = share(grant);
          if (share == null || !share.draining) {
            return;
          }
          share.givenUp = true;
          for (Lane lane : List.copyOf(lanes.values())) {
            Message again = lane.again;
            if (again != null && bySlot[lane.slot()] == share) {
              lane.again = null;
              giveUp(again, share);
            }
          }
          checkDrained(share);
        });
  }

  /** Forgets everything of a partition at once, if it is still owned by this grant. */
  public void forget(Grant grant) {
    locked(
        () -> {
          if (share(grant) != null) {
            forgetPartition(grant.partition());
          }
        });
  }

  private @Nullable Share share(Grant grant) {
    Share share = shares.get(grant.partition());
    return share != null && share.grant.equals(grant) ? share : null;
  }

  private void forgetPartition(int number) {
    Share share = shares.remove(number);
    if (share == null) {
      return;
    }
    for (int n = share.grant.slots().first(); n <= share.grant.slots().last(); n++) {
      bySlot[n] = null;
    }
    for (Lane lane : List.copyOf(lanes.values())) {
      if (share.grant.slots().contains(lane.slot())) {
        release(lane.inFlight);
        release(lane.again);
        release(lane.waiting);
        lane.waiting.clear();
        lanes.remove(lane.aggregate());
      }
    }
  }

  private void checkDrained(Share share) {
    if (share.draining && share.unanswered == 0) {
      forgetPartition(share.grant.partition());
      source.finish(share.grant);
    }
  }

  // ---- intake ----

  @Override
  public Room room() {
    return locked(
        () -> {
          full = rows > limits.rows() / 2 || bytes > limits.bytes() / 2;
          int free = full ? 0 : (int) Math.min(limits.rows() - rows, limits.fetchRows());
          int[] used = rowsOfSlot.clone();
          int most = limits.slotRows() / 2;
          return new Room(
              free,
              limits.bytes() * 3 / 4 - bytes,
              slot -> used[slot] > most ? 0 : limits.slotRows() / 2);
        });
  }

  @Override
  public boolean offer(StoredEvent event) {
    return locked(
        () -> {
          Share share = bySlot[event.slot()];
          if (share == null || share.draining || share.grant.epoch() != event.epoch()) {
            return false;
          }
          Lane lane = lanes.get(event.aggregate());
          if (lane == null) {
            lane = new Lane(event.aggregate());
            lanes.put(event.aggregate(), lane);
          }
          if (lane.held || (lane.waiting.size() >= limits.laneRows() && !lane.precedes(event))) {
            return false;
          }
          rowsOfSlot[event.slot()]++;
          rows++;
          bytes += event.bytes();
          lane.add(event);
          makeReady(lane);
          return true;
        });
  }

  @Override
  public boolean wants(Aggregate aggregate) {
    return locked(
        () -> {
          Lane lane = lanes.get(aggregate);
          return lane == null || (!lane.held && lane.waiting.size() <= limits.laneRows() / 2);
        });
  }

  @Override
  public void resume(Aggregate aggregate) {
    locked(
        () -> {
          Lane lane = lanes.get(aggregate);
          if (lane != null) {
            lane.held = false;
            removeIfEmpty(lane);
          }
        });
  }

  // ---- sending ----

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
      List<Message> taken = takeNow(now, request);
      if (taken.isEmpty()) {
        long wait = turns.untilNext(now, waitNanos);
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
    turns.advance(now);
    List<Message> taken = new ArrayList<>();
    long total = 0;
    for (Lane lane = turns.next(); lane != null; lane = turns.next()) {
      Share share = bySlot[lane.slot()];
      if (share == null || !isSendable(lane, share)) {
        continue;
      }
      Message message = next(lane, share, request);
      if (message == null) {
        continue;
      }
      long size = (long) message.bytes() + request.attributeBytes();
      if (!taken.isEmpty() && (lane.alone || total + size > request.requestBytes())) {
        lane.again = message;
        turns.putBack(lane);
        break;
      }
      lane.inFlight = message;
      total += size;
      taken.add(message);
      if (lane.alone || taken.size() == request.messages()) {
        break;
      }
    }
    return taken;
  }

  @SuppressWarnings("ReferenceEquality") // a lane of a grant that is over may still have a turn
  private boolean isSendable(Lane lane, Share share) {
    return lanes.get(lane.aggregate()) == lane
        && lane.sendable()
        && (!share.draining || lane.again != null);
  }

  /** The lane's next message; none if its next event can't be sent, which then holds it. */
  private @Nullable Message next(Lane lane, Share share, Limits.Request request) {
    Message again = lane.again;
    if (again != null) {
      lane.again = null;
      return again;
    }
    StoredEvent first = lane.waiting.getFirst();
    Optional<String> flaw = packing.flaw(first, request);
    if (flaw.isPresent()) {
      hold(lane, flaw.get());
      return null;
    }
    share.unanswered++;
    return packing.take(lane, share, request);
  }

  /** The queue has the message. */
  public void acknowledged(Message message) {
    locked(
        () -> {
          // Also of a grant that is over: its epoch decides whether the events may be deleted.
          source.done(new Sent(message.partition(), message.epoch(), message.events()));
          Lane lane = lanes.get(message.aggregate());
          Share share = answered(lane, message);
          if (lane == null || share == null) {
            return;
          }
          share.unanswered--;
          release(message);
          lane.failures = 0;
          lane.alone = false;
          lane.singly = Math.max(0, lane.singly - message.events().size());
          makeReady(lane);
          removeIfEmpty(lane);
          checkDrained(share);
        });
  }

  /** The message may or may not have arrived: it goes again as it is, at the given time. */
  public void failed(Message message, long at) {
    locked(
        () -> {
          Lane lane = lanes.get(message.aggregate());
          Share share = answered(lane, message);
          if (lane == null || share == null) {
            return;
          }
          if (share.givenUp) {
            giveUp(message, share);
            return;
          }
          lane.again = message;
          lane.failures++;
          turns.addAt(lane, at);
          sendable.signal();
        });
  }

  /** The next owner sends it again. */
  private void giveUp(Message message, Share share) {
    release(message);
    share.unanswered--;
    checkDrained(share);
  }

  /** How often in a row an aggregate's message has failed. */
  public int failures(Message message) {
    return locked(
        () -> {
          Lane lane = lanes.get(message.aggregate());
          return lane == null ? 0 : lane.failures;
        });
  }

  /**
   * The queue refused the message for what it is. A pack goes again event by event, to find out
   * which one it is; a single event holds its lane.
   */
  public void refused(Message message, String reason) {
    locked(
        () -> {
          Lane lane = lanes.get(message.aggregate());
          Share share = answered(lane, message);
          if (lane == null || share == null) {
            return;
          }
          share.unanswered--;
          message.events().reversed().forEach(lane.waiting::addFirst);
          if (message.events().size() > 1) {
            lane.singly = message.events().size();
            makeReady(lane);
          } else {
            hold(lane, reason);
          }
          checkDrained(share);
        });
  }

  /** The queue refused a request for what is in it: its messages go again, each in its own. */
  public void refused(List<Message> request, String reason) {
    if (request.size() == 1) {
      refused(request.getFirst(), reason);
      return;
    }
    locked(
        () -> {
          for (Message message : request) {
            Lane lane = lanes.get(message.aggregate());
            Share share = answered(lane, message);
            if (lane != null && share != null && share.givenUp) {
              giveUp(message, share);
            } else if (lane != null && share != null) {
              lane.alone = true;
              lane.again = message;
              makeReady(lane);
            }
          }
        });
  }

  /** The first event of a lane can never be sent: it and all that follow go back to the source. */
  private void hold(Lane lane, String reason) {
    Share share = bySlot[lane.slot()];
    lane.held = true;
    lane.singly = 0;
    lane.alone = false;
    StoredEvent first = lane.waiting.removeFirst();
    List<StoredEvent> rest = List.copyOf(lane.waiting);
    lane.waiting.clear();
    release(List.of(first));
    release(rest);
    if (share != null) {
      source.quarantine(
          new Refusal(first, reason, share.grant.partition(), share.grant.epoch(), rest));
    }
  }

  /** Ends the message's being on its way; null if it was not, or not for a present grant. */
  @SuppressWarnings("ReferenceEquality") // this very message, not one like it
  private @Nullable Share answered(@Nullable Lane lane, Message message) {
    if (lane == null || lane.inFlight != message) {
      return null;
    }
    Share share = bySlot[lane.slot()];
    if (share == null || share.grant.epoch() != message.epoch()) {
      return null;
    }
    lane.inFlight = null;
    return share;
  }

  // ---- what it looks like ----

  public Summary summary() {
    return locked(
        () -> {
          Instant oldest = null;
          for (Lane lane : lanes.values()) {
            Instant since = lane.oldest();
            if (since != null && (oldest == null || since.isBefore(oldest))) {
              oldest = since;
            }
          }
          return new Summary(rows, bytes, Optional.ofNullable(oldest));
        });
  }

  /** Whether nothing is in memory. */
  public boolean isEmpty() {
    return locked(() -> rows == 0);
  }

  // ---- inside ----

  private void makeReady(Lane lane) {
    if (turns.add(lane)) {
      sendable.signal();
    }
  }

  private void removeIfEmpty(Lane lane) {
    if (lane.empty()) {
      lanes.remove(lane.aggregate(), lane);
    }
  }

  private void release(@Nullable Message message) {
    if (message != null) {
      release(message.events());
    }
  }

  /** Events leave the memory: sent, given up, or to be read again. */
  private void release(Iterable<StoredEvent> gone) {
    for (StoredEvent event : gone) {
      rows--;
      bytes -= event.bytes();
      rowsOfSlot[event.slot()]--;
    }
    if (full && rows <= limits.rows() / 2 && bytes <= limits.bytes() / 2) {
      full = false;
      source.roomAgain();
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
