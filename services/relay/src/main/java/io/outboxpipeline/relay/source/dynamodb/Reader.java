package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.relay.source.Intake;
import io.outboxpipeline.relay.source.Refusal;
import io.outboxpipeline.relay.source.Sent;
import io.outboxpipeline.relay.source.dynamodb.Item.ToHold;
import io.outboxpipeline.relay.source.dynamodb.ItemTable.Change;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Follows the grants: decides what is asked of the table, what is handed over, and what is taken
 * out of it. Pure but for the intake: calls go out as values and come back as answers. Not
 * thread-safe.
 *
 * <p>Times are nanoseconds of one monotonic clock, given by the caller.
 */
final class Reader {
  static final int PAGE = 200;
  private static final int READ_AT_ONCE = 20;
  private static final int READS = 4;
  private static final int MOST_TO_READ = 2_000;

  private final Intake intake;
  private final Pauses pauses;
  private final Outside outside;
  private final Shares shares = new Shares();
  private final ItemMap items = new ItemMap();
  private final Handover handover;
  private final Deque<Item> toRead = new ArrayDeque<>();
  private int reads;
  private long pausedUntil;
  private int failures;
  private boolean paused;
  private boolean ending;

  Reader(Intake intake, EventMaker events, Pauses pauses, Outside outside) {
    this.intake = intake;
    this.pauses = pauses;
    this.outside = outside;
    handover =
        new Handover(intake, events, pauses, outside, shares, items, i -> !ending && !stopped(i));
  }

  void follow(Grant grant) {
    forgetPartition(grant.partition());
    shares.add(grant);
  }

  void stop(Grant grant, long now) {
    Shares.Share share = shares.of(grant);
    if (share != null) {
      shares.stop(share);
      unread(i -> i.partition == grant.partition(), now);
    }
  }

  /** These are not read; what else is due for them waited for that. */
  private void unread(Predicate<Item> which, long now) {
    List<Item> left = toRead.stream().filter(which).toList();
    toRead.removeIf(which);
    for (Item item : left) {
      item.busy = false;
      handover.plan(item, now);
    }
  }

  void finish(Grant grant, long now) {
    Shares.Share share = shares.of(grant);
    if (share != null) {
      stop(grant, now);
      share.finishing = true;
      checkDrained(share);
    }
  }

  void giveUp(Grant grant) {
    Shares.Share share = shares.of(grant);
    if (share != null) {
      share.givenUp = true;
      checkDrained(share);
    }
  }

  void forget(Grant grant) {
    if (shares.of(grant) != null) {
      forgetPartition(grant.partition());
    }
  }

  private void forgetPartition(int partition) {
    shares.remove(partition);
    items.removePartition(partition);
    toRead.removeIf(i -> i.partition == partition);
  }

  /** Begins nothing new; what was sent is still taken out. */
  void endReading(long now) {
    ending = true;
    unread(i -> true, now);
  }

  private void checkDrained(Shares.Share share) {
    if (share.finishing
        && (share.givenUp
            || items.of(share.grant.partition()).noneMatch(i -> i.unrecorded() > 0 || i.busy))) {
      forgetPartition(share.grant.partition());
      outside.drained(share.grant);
    }
  }

  /** There may be room again. */
  void roomAgain() {
    items.all().filter(this::wantsRead).toList().forEach(this::readSoon);
  }

  private boolean wantsRead(Item item) {
    Aggregate aggregate = item.aggregate;
    return item.left
        && !item.busy
        && !item.isHeld()
        && aggregate != null
        && intake.wants(aggregate);
  }

  private void readSoon(Item item) {
    item.busy = true;
    item.waits = false;
    toRead.addLast(item);
  }

  /** Does what is due, and tells how long there is nothing else to do, in nanoseconds. */
  long step(long now) {
    if (paused && now - pausedUntil < 0) {
      startWaiting(now);
      return Math.min(pausedUntil - now, pauses.longest());
    }
    paused = false;
    startWaiting(now);
    handover.prove(now);
    boolean room = !ending && intake.room().rows() > 0 && intake.room().bytes() > 0;
    while (room && !toRead.isEmpty() && reads < READS) {
      List<Item> batch = new ArrayList<>();
      while (!toRead.isEmpty() && batch.size() < READ_AT_ONCE) {
        batch.add(toRead.removeFirst());
      }
      reads++;
      outside.read(batch);
    }
    long wait = pauses.longest();
    for (Shares.Range range : shares.ranges()) {
      if (ending || range.asked) {
        continue;
      }
      long dueIn = range.dueIn(now);
      if (dueIn <= 0 && toRead.size() < MOST_TO_READ && (room || toRead.isEmpty())) {
        range.asked = true;
        outside.page(range);
      } else {
        wait = Math.min(wait, Math.max(dueIn, room ? pauses.least() : pauses.busy()));
      }
    }
    return Math.min(wait, items.untilNextWait(now, wait));
  }

  /** Those whose time has come: a change that failed, a look at what is held. */
  private void startWaiting(long now) {
    for (Item item : items.due(now)) {
      item.waits = false;
      if (item.broken != null || (item.toHold == null && item.unrecorded() == 0)) {
        if (!ending && !stopped(item)) {
          readSoon(item);
        }
      } else {
        handover.plan(item, now);
      }
    }
  }

  private boolean stopped(Item item) {
    Shares.Share share = shares.of(item);
    return share == null || share.stopped;
  }

  void page(Shares.Range range, ItemTable.Page page, long now) {
    readingWorks();
    range.asked = false;
    if (!shares.has(range)) {
      return; // it was cut anew meanwhile, and is read from its beginning
    }
    boolean fresh = false;
    for (ItemTable.Entry entry : page.entries()) {
      Item item = items.get(entry.key());
      Shares.Share share = shares.bySlot(entry.slot());
      if (item == null && share != null) {
        fresh = true;
        item = new Item(entry.key(), share.grant.partition(), share.grant.epoch());
        items.add(item);
        readSoon(item);
      } else if (item != null && wantsRead(item)) {
        readSoon(item);
      }
    }
    range.passed(page, fresh, now, pauses);
  }

  void read(List<Item> batch, ItemTable.Items answer, long now) {
    readingWorks();
    reads--;
    for (Item item : batch) {
      item.busy = false;
      if (items.get(item.key) != item) {
        continue; // of a grant that is over
      }
      if (answer.unread().contains(item.key)) {
        readSoon(item);
      } else {
        handover.see(item, answer.items().getOrDefault(item.key, Map.of()), now);
      }
    }
    if (!answer.unread().isEmpty()) {
      paused = true; // throttled, in part
      pausedUntil = now + pauses.afterFailures(1);
    }
    batch.forEach(this::checkDrainedOf);
  }

  void changed(Item item, Change change, long now) {
    handover.changed(item, change, now);
    checkDrainedOf(item);
  }

  void held(Item item, ToHold what, Change change, long now) {
    handover.held(item, what, change, now);
    checkDrainedOf(item);
  }

  void changeFailed(Item item, long now) {
    handover.changeFailed(item, now);
    checkDrainedOf(item);
  }

  void probed(Item item, long now) {
    handover.probed(item, now);
    checkDrainedOf(item);
  }

  void probeFailed(Item item, long now) {
    handover.probeFailed(item, now);
    checkDrainedOf(item);
  }

  void done(Sent sent, long now) {
    handover.done(sent, now);
  }

  void refused(Refusal refusal, long now) {
    handover.refused(refusal, now);
  }

  private void checkDrainedOf(Item item) {
    Shares.Share share = shares.byPartition(item.partition);
    if (share != null) {
      checkDrained(share);
    }
  }

  /** A read or a page failed. */
  void readFailed(Shares.@Nullable Range range, List<Item> batch, long now) {
    failures++;
    paused = true;
    pausedUntil = now + pauses.afterFailures(failures);
    if (range != null) {
      range.asked = false;
      return;
    }
    reads--;
    for (Item item : batch.reversed()) {
      if (items.get(item.key) == item) {
        toRead.addFirst(item);
      }
    }
  }

  private void readingWorks() {
    failures = 0;
  }

  boolean proven() {
    return handover.proven();
  }

  /** How it all stands. */
  Figures figures() {
    return new Figures(
        items.unrecorded(),
        items.held(),
        items.oldestHeld(),
        Math.max(shares.waiting(), items.size()),
        items.failing());
  }

  /**
   * How a reader stands.
   *
   * @param unrecorded events that the queue has and the table, too
   * @param held items that an event holds, or that can't be relied on
   * @param waiting items in which events wait
   * @param failing items whose last change failed
   */
  record Figures(int unrecorded, int held, Optional<Instant> oldestHeld, int waiting, int failing) {
    static final Figures NONE = new Figures(0, 0, Optional.empty(), 0, 0);
  }
}
