package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.StoredEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What was sent and is to be deleted, in the order of its acknowledgement. Thread-safe; calls
 * nothing but {@code drained}.
 */
final class Deletes {
  private record Turn(int partition, long epoch) {
    static Turn of(Grant grant) {
      return new Turn(grant.partition(), grant.epoch());
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition deletable = lock.newCondition();
  private final Consumer<Grant> drained;
  private final Deque<Done> rows = new ArrayDeque<>();

  /** Rows not deleted yet, those included that are being deleted. */
  private final Map<Turn, Integer> open = new HashMap<>();

  /** Grants of which nothing more will come. */
  private final Set<Grant> finishing = new HashSet<>();

  private final Set<Turn> givenUp = new HashSet<>();
  private int total;
  private int enough = 1;

  /**
   * @param drained told of a finished grant of which nothing is left to delete; must return at once
   */
  Deletes(Consumer<Grant> drained) {
    this.drained = drained;
  }

  void add(Sent sent) {
    locked(
        () -> {
          var turn = new Turn(sent.partition(), sent.epoch());
          if (givenUp.contains(turn)) {
            return;
          }
          for (StoredEvent event : sent.events()) {
            rows.add(
                new Done(
                    event.slot(),
                    event.position(),
                    event.eventId(),
                    sent.partition(),
                    sent.epoch()));
          }
          int size = sent.events().size();
          open.merge(turn, size, Integer::sum);
          total += size;
          if (rows.size() == size || rows.size() >= enough) {
            deletable.signal();
          }
        });
  }

  /** Nothing more will be added of a grant. */
  void finish(Grant grant) {
    locked(
        () -> {
          finishing.add(grant);
          deletable.signal();
          checkDrained(Turn.of(grant));
        });
  }

  /** What can't be deleted of a grant is left to the next owner. */
  void giveUp(Grant grant) {
    locked(
        () -> {
          Turn turn = Turn.of(grant);
          givenUp.add(turn);
          rows.removeIf(r -> isOf(turn, r));
          total -= open.getOrDefault(turn, 0);
          open.remove(turn);
          checkDrained(turn);
        });
  }

  /** A grant is over: what is left of it may still be deleted, but nobody waits for it. */
  void forget(Grant grant) {
    locked(
        () -> {
          finishing.remove(grant);
          givenUp.remove(Turn.of(grant));
        });
  }

  private static boolean isOf(Turn turn, Done row) {
    return row.partition() == turn.partition() && row.epoch() == turn.epoch();
  }

  private void checkDrained(Turn turn) {
    if (open.getOrDefault(turn, 0) > 0) {
      return;
    }
    for (Grant grant : List.copyOf(finishing)) {
      if (Turn.of(grant).equals(turn)) {
        finishing.remove(grant);
        drained.accept(grant);
      }
    }
  }

  /**
   * Takes rows to delete. Waits for the first, and for others to join it, unless a partition is
   * about to move.
   *
   * @param enough rows that are worth a transaction
   * @param waitNanos for the first
   * @param lingerNanos for the others
   */
  @SuppressWarnings("WaitNotInLoop") // woken too early, the caller comes again
  List<Done> take(int most, int enough, long waitNanos, long lingerNanos)
      throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (rows.isEmpty() && waitNanos > 0) {
        deletable.awaitNanos(waitNanos);
      }
      this.enough = enough;
      long linger = rows.isEmpty() ? 0 : lingerNanos;
      while (linger > 0 && rows.size() < enough && finishing.isEmpty()) {
        linger = deletable.awaitNanos(linger);
      }
      List<Done> taken = new ArrayList<>(Math.min(most, rows.size()));
      while (taken.size() < most && !rows.isEmpty()) {
        taken.add(rows.removeFirst());
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a wait for rows to delete. */
  void endWait() {
    locked(deletable::signalAll);
  }

  /** Those of these rows that nobody gave up meanwhile. */
  List<Done> withoutGivenUp(List<Done> taken) {
    return locked(
        () ->
            givenUp.isEmpty()
                ? taken
                : taken.stream()
                    .filter(r -> !givenUp.contains(new Turn(r.partition(), r.epoch())))
                    .toList());
  }

  /** These are no longer in the table, or not to be deleted by this relay. */
  void deleted(List<Done> gone) {
    locked(
        () -> {
          Map<Turn, Integer> counts = new HashMap<>();
          gone.forEach(r -> counts.merge(new Turn(r.partition(), r.epoch()), 1, Integer::sum));
          counts.forEach(
              (turn, count) -> {
                Integer before = open.get(turn);
                if (before != null) {
                  total -= count;
                  open.compute(turn, (t, n) -> n == null || n <= count ? null : n - count);
                  checkDrained(turn);
                }
              });
        });
  }

  /** Rows that were sent and are not deleted. */
  int size() {
    return locked(() -> total);
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
