package io.outboxpipeline.relay.backlog;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Whose turn it is to be sent: the ready lanes in order, and those that wait for a time. */
final class Turns {
  private record Delayed(Lane lane, long at) {}

  private final Deque<Lane> ready = new ArrayDeque<>();
  private final PriorityQueue<Delayed> delayed =
      new PriorityQueue<>(Comparator.comparingLong(Delayed::at));

  /** Gives a lane a turn after all others, unless it has one or nothing to send. */
  boolean add(Lane lane) {
    if (lane.queued || !lane.sendable()) {
      return false;
    }
    lane.queued = true;
    ready.addLast(lane);
    return true;
  }

  /** Gives a lane the next turn. */
  void putBack(Lane lane) {
    lane.queued = true;
    ready.addFirst(lane);
  }

  /** Gives a lane a turn at a time. */
  void addAt(Lane lane, long at) {
    lane.queued = true;
    delayed.add(new Delayed(lane, at));
  }

  /** Those whose time has come stand behind the others from now on. */
  void advance(long now) {
    while (!delayed.isEmpty() && delayed.peek().at() - now <= 0) {
      Lane lane = delayed.remove().lane();
      lane.queued = false;
      add(lane);
    }
  }

  /** Takes the lane whose turn it is; null if there is none. */
  @Nullable Lane next() {
    Lane lane = ready.pollFirst();
    if (lane != null) {
      lane.queued = false;
    }
    return lane;
  }

  /** How long until a lane's time comes, at most so long. */
  long untilNext(long now, long most) {
    Delayed next = delayed.peek();
    return next == null ? most : Math.min(most, next.at() - now);
  }
}
