package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxItem;
import io.outboxpipeline.dynamodb.PendingEvent;
import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a relay knows of one item that events wait in. Only the reading thread uses it. */
final class Item {
  private static final int LARGEST_REMOVAL = 100;

  /** One event in the item's list, without its payload. */
  record Waiting(String id, int bytes, Optional<Instant> at) {}

  /** An event that can't be sent, until the item says so. */
  record ToHold(long sequence, String eventId, String reason) {}

  final ItemKey key;
  final int partition;
  final long epoch;

  /** Known once it was read. */
  @Nullable Aggregate aggregate;

  /** The number of the list's head, and the list, when it was seen last. */
  long first = 1;

  List<Waiting> list = List.of();

  /** The last number that was handed over, and the last that the queue has. */
  long handedTo;

  long sentTo;

  /** Whether a call for it is under way, or it is about to be read. */
  boolean busy;

  /** Whether events that were read stayed, because there was no room for them. */
  boolean left;

  @Nullable ToHold toHold;

  /** The event that holds it, and since when. */
  long heldAt;

  Instant heldSince = Instant.MAX;

  /** Why it can't be relied on, if so. */
  @Nullable String broken;

  /** Calls for it that failed in a row, or looks that found it held. */
  int failures;

  /** Not to be looked at before, by the nano clock; while failures or a hold keep it waiting. */
  long notBefore;

  boolean waits;

  Item(ItemKey key, int partition, long epoch) {
    this.key = key;
    this.partition = partition;
    this.epoch = epoch;
  }

  /**
   * Takes over what the item says now.
   *
   * @return why it contradicts what was known, if so
   */
  Optional<String> see(OutboxItem now) {
    long last = now.lastSequence();
    if (aggregate != null && !aggregate.equals(now.aggregate())) {
      return Optional.of("it is another aggregate's than before");
    }
    if (!list.isEmpty()) {
      if (now.firstSequence() < first || last < lastKnown()) {
        return Optional.of("its numbers went back, or events came back that were removed");
      }
      for (long n = now.firstSequence(); n <= lastKnown(); n++) {
        String id = now.events().get((int) (n - now.firstSequence())).id();
        if (!id.equals(list.get((int) (n - first)).id())) {
          return Optional.of("its event number " + n + " is another one than before");
        }
      }
    }
    aggregate = now.aggregate();
    first = now.firstSequence();
    list =
        now.events().stream()
            .map((PendingEvent e) -> new Waiting(e.id(), e.bytes(), e.at()))
            .toList();
    handedTo = Math.max(handedTo, first - 1);
    sentTo = Math.max(sentTo, first - 1);
    return Optional.empty();
  }

  long lastKnown() {
    return first + list.size() - 1;
  }

  /** Events that the queue has and the item still has. */
  int unrecorded() {
    return list.isEmpty() ? 0 : (int) Math.max(0, Math.min(sentTo, lastKnown()) - first + 1);
  }

  /** Whether events were handed over that the queue does not have yet. */
  boolean isUnderWay() {
    return handedTo > Math.max(sentTo, first - 1);
  }

  boolean isHeld() {
    return heldAt > 0 || toHold != null || broken != null;
  }

  /** Takes out what was sent. */
  ItemTable.Removal removal() {
    int count = Math.min(LARGEST_REMOVAL, unrecorded());
    long bytes = list.subList(0, count).stream().mapToLong(Waiting::bytes).sum();
    Optional<Instant> rest =
        count == list.size()
            ? Optional.empty()
            : Optional.of(list.get(count).at().orElse(Instant.EPOCH));
    return new ItemTable.Removal(list.getFirst().id(), count, bytes, rest);
  }
}
