package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.outbox.Aggregate;
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
import org.jspecify.annotations.Nullable;

/**
 * Per aggregate a lane of events, of which at most one message is on its way, and what becomes of
 * them. Guarded by the backlog's lock, under which it tells the source.
 */
final class Lanes {
  private final Limits limits;
  private final Source source;
  private final Packing packing;
  private final Runnable ready;
  private final Turns turns = new Turns();
  private final Shares shares = new Shares();
  private final Map<Aggregate, Lane> lanes = new HashMap<>();
  private final Memory memory;

  /**
   * @param ready told when there is something to send
   */
  Lanes(Limits limits, Source source, Runnable ready) {
    this.ready = ready;
    this.limits = limits;
    this.source = source;
    this.packing = new Packing(limits);
    this.memory = new Memory(limits);
  }

  void own(Grant grant) {
    forgetPartition(grant.partition());
    shares.add(grant);
  }

  void drain(Grant grant) {
    Share share = shares.of(grant);
    if (share != null) {
      share.draining = true;
      checkDrained(share);
    }
  }

  void stopWaiting(Grant grant) {
    Share share = shares.of(grant);
    if (share == null || !share.draining) {
      return;
    }
    share.givenUp = true;
    for (Lane lane : List.copyOf(lanes.values())) {
      Message again = lane.again;
      if (again != null && shares.of(lane.slot()) == share) {
        lane.again = null;
        giveUp(again, share);
      }
    }
    checkDrained(share);
  }

  void forget(Grant grant) {
    if (shares.of(grant) != null) {
      forgetPartition(grant.partition());
    }
  }

  private void forgetPartition(int number) {
    Share share = shares.remove(number);
    if (share == null) {
      return;
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

  Intake.Room room() {
    return memory.room();
  }

  boolean offer(StoredEvent event) {
    Share share = shares.of(event.slot());
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
    memory.add(event);
    lane.add(event);
    makeReady(lane);
    return true;
  }

  boolean wants(Aggregate aggregate) {
    Lane lane = lanes.get(aggregate);
    return lane == null || (!lane.held && lane.waiting.size() <= limits.laneRows() / 2);
  }

  void resume(Aggregate aggregate) {
    Lane lane = lanes.get(aggregate);
    if (lane != null) {
      lane.held = false;
      removeIfEmpty(lane);
    }
  }

  /** How long to wait for the next turn, at most so long. */
  long untilNext(long now, long most) {
    return turns.untilNext(now, most);
  }

  /** Takes messages for one request, each of another aggregate, if there are any now. */
  List<Message> take(long now, Limits.Request request) {
    turns.advance(now);
    List<Message> taken = new ArrayList<>();
    long total = 0;
    for (Lane lane = turns.next(); lane != null; lane = turns.next()) {
      Share share = shares.of(lane.slot());
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

  void acknowledged(Message message) {
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
  }

  void failed(Message message, long at) {
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
    ready.run();
  }

  /** The next owner sends it again. */
  private void giveUp(Message message, Share share) {
    release(message);
    share.unanswered--;
    checkDrained(share);
  }

  int failures(Message message) {
    Lane lane = lanes.get(message.aggregate());
    return lane == null ? 0 : lane.failures;
  }

  void refused(Message message, String reason) {
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
  }

  void refused(List<Message> request, String reason) {
    if (request.size() == 1) {
      refused(request.getFirst(), reason);
      return;
    }
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
  }

  /** The first event of a lane can never be sent: it and all that follow go back to the source. */
  private void hold(Lane lane, String reason) {
    Share share = shares.of(lane.slot());
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
    Share share = shares.of(lane.slot());
    if (share == null || share.grant.epoch() != message.epoch()) {
      return null;
    }
    lane.inFlight = null;
    return share;
  }

  Summary summary() {
    Instant oldest = null;
    for (Lane lane : lanes.values()) {
      Instant since = lane.oldest();
      if (since != null && (oldest == null || since.isBefore(oldest))) {
        oldest = since;
      }
    }
    return new Summary(memory.rows(), memory.bytes(), Optional.ofNullable(oldest));
  }

  boolean isEmpty() {
    return memory.rows() == 0;
  }

  private void makeReady(Lane lane) {
    if (turns.add(lane)) {
      ready.run();
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
    if (memory.remove(gone)) {
      source.roomAgain();
    }
  }
}
