package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.InboxTable.Row;
import io.outboxpipeline.inbox.ParkedTable.Parking;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Runs chains until each is at a gap, at a rejected event or at the end of what one transaction
 * takes, and writes where they are. Used once.
 */
final class Advance {
  private static final int MAX_REASON = 1000;

  private final Connection transaction;
  private final List<Progress> chains;
  private final EventHandler handler;
  private final Budget budget = new Budget();
  private final List<Event> applied = new ArrayList<>();

  private Advance(Connection transaction, List<Progress> chains, EventHandler handler) {
    this.transaction = transaction;
    this.chains = chains;
    this.handler = handler;
  }

  /** The events that the handler ran for. */
  static List<Event> run(Connection transaction, List<Progress> chains, EventHandler handler)
      throws SQLException {
    var advance = new Advance(transaction, chains, handler);
    advance.run();
    return advance.applied;
  }

  /**
   * Runs one chain.
   *
   * @param before what the handler ran for in this transaction already
   */
  static Resumed resumed(
      Connection transaction, Progress progress, EventHandler handler, List<Event> before)
      throws SQLException {
    List<Event> applied = new ArrayList<>(before);
    applied.addAll(run(transaction, List.of(progress), handler));
    return new Resumed(progress.last, applied, progress.rejection, progress.unfinished);
  }

  private void run() throws SQLException {
    List<Progress> active = chains.stream().filter(p -> p.active).toList();
    while (!active.isEmpty()) {
      for (Progress p : active) {
        if (p.before.waiting()) {
          readPage(p);
        }
      }
      var rejections = new HashMap<UUID, String>();
      List<Decision> decisions = apply(active, rejections);
      List<Progress> goingOn = new ArrayList<>();
      for (int i = 0; i < active.size(); i++) {
        Progress p = active.get(i);
        Decision decision = decisions.get(i);
        p.move(decision);
        p.rejection =
            decision
                .refused()
                .map(e -> new Rejection(e, rejections.getOrDefault(e.id(), "rejected")));
        p.waiting = !p.sizes.isEmpty() && p.sizes.lastKey() > p.last;
        boolean more = p.rejection.isEmpty() && p.last < p.limit;
        p.unfinished = more && p.nextIsParked();
        boolean allOfFullPage = p.sizes.size() == Inbox.PAGE && p.sizes.lastKey() <= p.last && more;
        if (allOfFullPage) {
          goingOn.add(p);
        }
      }
      active = goingOn;
    }
    write();
  }

  /** Reads those parked events whose turn comes now, as far as the budget goes. */
  private void readPage(Progress p) throws SQLException {
    p.sizes = ParkedTable.sizes(transaction, p.chain, p.last, Inbox.PAGE);
    long end = p.last;
    while (end < p.limit && (p.arrived.containsKey(end + 1) || affordable(p.sizes, end + 1))) {
      end++;
    }
    p.page =
        p.sizes.subMap(p.last, false, end, true).isEmpty()
            ? new TreeMap<>()
            : ParkedTable.between(transaction, p.chain, p.last + 1, end);
  }

  private boolean affordable(NavigableMap<Long, Long> sizes, long number) {
    Long size = sizes.get(number);
    return size != null && budget.take(size);
  }

  /** Gives one run of all active chains to the handler, as often as it rejects some of it. */
  private List<Decision> apply(List<Progress> active, Map<UUID, String> rejections)
      throws SQLException {
    while (true) {
      List<Decision> decisions =
          active.stream()
              .map(
                  p ->
                      Decision.of(
                          p.last, p.limit, p.arrived, p.page, e -> rejections.containsKey(e.id())))
              .toList();
      List<Event> run =
          decisions.stream().flatMap(d -> d.run().stream()).filter(e -> !e.tombstone()).toList();
      if (run.isEmpty() || attempt(transaction, run, handler, rejections)) {
        applied.addAll(run);
        return decisions;
      }
    }
  }

  /**
   * Gives a run to the handler.
   *
   * @param rejections where the reasons go if it rejects some of it; what it wrote is then undone
   * @return whether it took all of it
   */
  static boolean attempt(
      Connection transaction, List<Event> run, EventHandler handler, Map<UUID, String> rejections)
      throws SQLException {
    Savepoint untouched = transaction.setSavepoint();
    try {
      handler.apply(transaction, run);
      return true;
    } catch (RejectedEventException e) {
      transaction.rollback(untouched);
      for (Rejection rejection : e.rejections()) {
        if (run.stream().noneMatch(r -> r.id().equals(rejection.event().id()))) {
          throw new IllegalStateException(
              "the handler rejected event " + rejection.event().id() + ", which it was not given",
              e);
        }
        rejections.put(rejection.event().id(), shortened(rejection.reason()));
      }
      return false;
    }
  }

  private void write() throws SQLException {
    var moved = new HashMap<Chain, Row>();
    List<Parking> parkings = new ArrayList<>();
    for (Progress p : chains) {
      boolean stillRejected = p.before.rejected() && p.last == p.before.last() && !p.active;
      NavigableMap<Long, Event> early = p.arrived.tailMap(p.last, false);
      p.rejection.ifPresent(r -> parkings.add(new Parking(p.chain, r.event(), r.reason())));
      early.values().stream()
          .filter(e -> p.rejection.isEmpty() || e.sequence() != p.last + 1)
          .forEach(e -> parkings.add(new Parking(p.chain, e, null)));
      for (var conflict : p.conflicts.entrySet()) {
        ConflictTable.insert(transaction, p.chain, conflict.getKey(), conflict.getValue());
      }
      var after =
          new Row(
              p.last,
              p.waiting || !early.isEmpty() || p.rejection.isPresent() || p.openConflicts > 0,
              stillRejected || p.rejection.isPresent(),
              p.openConflicts,
              p.known);
      if (!after.equals(p.before)) {
        moved.put(p.chain, after);
      }
      if (p.before.waiting() && p.last > p.before.last()) {
        ParkedTable.deleteUpTo(transaction, p.chain, p.last);
      }
    }
    if (!parkings.isEmpty()) {
      ParkedTable.insert(transaction, parkings);
    }
    InboxTable.write(transaction, moved);
  }

  private static String shortened(String reason) {
    return reason.codePointCount(0, reason.length()) <= MAX_REASON
        ? reason
        : reason.substring(0, reason.offsetByCodePoints(0, MAX_REASON - 1)) + "…";
  }
}
