package io.outboxpipeline.relay.source.dynamodb;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.dynamodb.OutboxItem;
import io.outboxpipeline.dynamodb.PendingEvent;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.relay.source.dynamodb.Item.ToHold;
import io.outboxpipeline.relay.source.dynamodb.ItemTable.Change;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What becomes of one item: what is handed over of it, taken out of it, and marked in it. Not
 * thread-safe.
 */
final class Handover {
  private static final System.Logger LOG = System.getLogger(Handover.class.getName());
  private static final int MAX_REASON = 300;

  private final Intake intake;
  private final EventMaker events;
  private final Pauses pauses;
  private final Outside outside;
  private final Shares shares;
  private final ItemMap items;
  private final Predicate<Item> mayHandOver;
  private final Numbers numbers = new Numbers();

  /** Whether a change was ever allowed; a probe is under way meanwhile. */
  private boolean proven;

  private boolean probing;
  private int failedProbes;
  private long nextProbe;

  Handover(
      Intake intake,
      EventMaker events,
      Pauses pauses,
      Outside outside,
      Shares shares,
      ItemMap items,
      Predicate<Item> mayHandOver) {
    this.intake = intake;
    this.events = events;
    this.pauses = pauses;
    this.outside = outside;
    this.shares = shares;
    this.items = items;
    this.mayHandOver = mayHandOver;
  }

  void changed(Item item, Change change, long now) {
    item.busy = false;
    proven = true;
    if (items.get(item.key) != item) {
      return;
    }
    long firstBefore = item.first;
    int sizeBefore = item.list.size();
    boolean removedBefore = item.failures > 0;
    if (change.done()) {
      item.failures = 0;
    }
    if (!change.done()) {
      waitFor(item, now);
    }
    see(item, change.item(), now);
    if (!change.done() && item.broken == null && items.get(item.key) == item) {
      if (item.first == firstBefore && item.list.size() == sizeBefore) {
        // Nothing explains why its condition failed: not again at once.
        item.failures++;
        waitFor(item, now + pauses.afterFailures(item.failures));
      } else {
        item.waits = false;
        plan(item, now);
      }
    }
    if (!change.done() && item.first != firstBefore && !removedBefore) {
      Shares.Share share = shares.of(item);
      if (share != null) {
        outside.checkFence(share.grant);
      }
    }
  }

  void held(Item item, ToHold what, Change change, long now) {
    if (change.done() && what.equals(item.toHold)) {
      item.toHold = null;
      outside.quarantined();
    }
    changed(item, change, now);
  }

  /** A change failed: whether it was done is found out by the next one. */
  void changeFailed(Item item, long now) {
    item.busy = false;
    item.failures++;
    if (items.get(item.key) == item) {
      waitFor(item, now + pauses.afterFailures(item.failures));
    }
  }

  void probeFailed(Item item, long now) {
    probing = false;
    failedProbes++;
    nextProbe = now + pauses.afterFailures(failedProbes);
    changeFailed(item, now);
  }

  private static void waitFor(Item item, long until) {
    item.notBefore = until;
    item.waits = true;
  }

  /** What an item says now, and what follows from it. */
  void see(Item item, Map<String, AttributeValue> attributes, long now) {
    try {
      Optional<OutboxItem> waiting = OutboxItem.read(attributes);
      if (waiting.isEmpty()) {
        gone(item);
        return;
      }
      Optional<String> wrong =
          item.see(waiting.get())
              .or(() -> numbers.problem(item.key, waiting.get().lastSequence()))
              .or(() -> items.problem(item));
      if (wrong.isPresent()) {
        breaks(item, wrong.get(), now);
        return;
      }
      numbers.saw(item.key, waiting.get().lastSequence());
      mend(item);
      handOver(item, waiting.get(), now);
      plan(item, now);
    } catch (OutboxItem.MalformedItemException e) {
      breaks(item, String.valueOf(e.getMessage()), now);
    }
  }

  /** Nothing waits in it. */
  private void gone(Item item) {
    Aggregate aggregate = item.aggregate;
    if (aggregate != null && item.isHeld()) {
      intake.resume(aggregate);
    }
    items.remove(item);
  }

  private void breaks(Item item, String reason, long now) {
    if (!reason.equals(item.broken)) {
      LOG.log(WARNING, "item {0} is held: {1}", item.key, reason);
      item.broken = reason;
      item.heldSince = Instant.now();
      item.failures = 0;
    }
    item.failures++;
    waitFor(item, now + pauses.look(item.failures));
  }

  private static void mend(Item item) {
    if (item.broken != null) {
      item.broken = null;
      item.failures = 0;
    }
  }

  private void handOver(Item item, OutboxItem waiting, long now) {
    item.left = false;
    if (item.heldAt > 0 && !isHeldAt(waiting, item.heldAt)) {
      item.heldAt = 0;
      item.failures = 0;
      if (item.toHold == null) {
        intake.resume(waiting.aggregate());
      }
    }
    if (item.toHold != null && place(item, item.toHold) < 0) {
      item.toHold = null; // somebody else has removed it
      intake.resume(waiting.aggregate());
    }
    if (item.toHold != null || !mayHandOver.test(item)) {
      return;
    }
    for (long n = item.handedTo + 1; n <= waiting.lastSequence(); n++) {
      PendingEvent next = waiting.events().get((int) (n - waiting.firstSequence()));
      if (next.held().isPresent()) {
        item.heldAt = n;
        item.heldSince = next.heldAt().orElse(Instant.EPOCH);
        return;
      }
      if (next.id().isEmpty()) {
        breaks(item, "its event number " + n + " has no id", now);
        return;
      }
      StoredEvent event = events.make(next, waiting.aggregate(), n, item.epoch);
      if (!intake.offer(event)) {
        item.left = true;
        return;
      }
      item.handedTo = n;
    }
  }

  private static boolean isHeldAt(OutboxItem waiting, long sequence) {
    int n = (int) (sequence - waiting.firstSequence());
    return n >= 0 && n < waiting.events().size() && waiting.events().get(n).held().isPresent();
  }

  /** The next call for an item, if one is due. */
  void plan(Item item, long now) {
    if (item.busy || item.waits) {
      return;
    }
    if (mayProbe(now) && !item.list.isEmpty()) {
      probing = true;
      item.busy = true;
      outside.probe(item);
      return;
    }
    ToHold toHold = item.toHold;
    if (item.unrecorded() > 0 && item.broken == null) {
      item.busy = true;
      outside.remove(item, item.removal());
    } else if (toHold != null && place(item, toHold) >= 0) {
      item.busy = true;
      outside.hold(item, place(item, toHold), toHold);
    } else if (item.heldAt > 0 && !item.isUnderWay()) {
      item.failures++;
      waitFor(item, now + pauses.look(item.failures));
    }
  }

  private boolean mayProbe(long now) {
    return !proven && !probing && (failedProbes == 0 || now - nextProbe >= 0);
  }

  /** Probes with any item: the one whose probe failed may be another relay's by now. */
  void prove(long now) {
    if (mayProbe(now)) {
      items
          .all()
          .filter(i -> !i.busy && !i.waits && !i.list.isEmpty())
          .findFirst()
          .ifPresent(i -> plan(i, now));
    }
  }

  private static int place(Item item, ToHold what) {
    long n = what.sequence() - item.first;
    return n >= 0 && n < item.list.size() && item.list.get((int) n).id().equals(what.eventId())
        ? (int) n
        : -1;
  }

  /** A change is allowed: what was left to do. */
  void probed(Item item, long now) {
    proven = true;
    item.busy = false;
    probing = false;
    if (items.get(item.key) == item) {
      plan(item, now);
    }
  }

  void done(Sent sent, long now) {
    Item item = items.of(sent.events().getFirst().aggregate());
    if (item == null || item.epoch != sent.epoch() || item.partition != sent.partition()) {
      return;
    }
    item.sentTo = Math.max(item.sentTo, sent.events().getLast().sequence());
    plan(item, now);
  }

  void refused(Refusal refusal, long now) {
    StoredEvent event = refusal.event();
    Item item = items.of(event.aggregate());
    if (item == null || item.epoch != refusal.epoch()) {
      return;
    }
    String reason = refusal.reason();
    item.toHold =
        new ToHold(
            event.sequence(),
            event.eventId(),
            reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason);
    item.heldSince = Instant.now();
    item.handedTo = event.sequence() - 1;
    if (place(item, item.toHold) < 0) {
      item.toHold = null; // somebody else has removed it
      intake.resume(event.aggregate());
    }
    plan(item, now);
  }

  boolean proven() {
    return proven;
  }
}
