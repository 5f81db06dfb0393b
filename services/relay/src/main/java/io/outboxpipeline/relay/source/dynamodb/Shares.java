package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The partitions that are followed, and how far their part of the index was read. Each query is
 * paid for, so neighbours are read together. Not thread-safe.
 */
final class Shares {

  /** One partition. */
  static final class Share {
    final Grant grant;
    boolean stopped;
    boolean finishing;
    boolean givenUp;

    Share(Grant grant) {
      this.grant = grant;
    }
  }

  /** A part of the index, read page by page, over and over; of one partition or of several. */
  static final class Range {
    final IndexRange slots;
    @Nullable Map<String, AttributeValue> next;
    boolean asked;
    private boolean passedOnce;
    private long due;
    private long delay;
    private int found;
    private boolean fresh;
    private int waiting;

    private Range(IndexRange slots) {
      this.slots = slots;
    }

    /** How long until it is to be asked again, in nanoseconds; not more than 0 if it is due. */
    long dueIn(long now) {
      return passedOnce ? due - now : 0;
    }

    /** A page was read; the next one comes at once, the next pass after a while. */
    void passed(ItemTable.Page page, boolean hasFresh, long now, Pauses pauses) {
      found += page.entries().size();
      fresh |= hasFresh;
      next = page.next();
      if (next == null) {
        passedOnce = true;
        waiting = found;
        delay = fresh ? pauses.busy() : Math.min(pauses.idle(), Math.max(1, delay) * 2);
        found = 0;
        fresh = false;
        due = now + delay;
      }
    }
  }

  private final Map<Integer, Share> byPartition = new HashMap<>();

  /** Those of the slots that are to be read, which may be fewer than are followed. */
  private final Map<Integer, Share> bySlot = new HashMap<>();

  private Map<IndexRange, Range> ranges = Map.of();

  void add(Grant grant) {
    byPartition.put(grant.partition(), new Share(grant));
    cut();
  }

  void remove(int partition) {
    if (byPartition.remove(partition) != null) {
      cut();
    }
  }

  /** Nothing of it is to be read any more. */
  void stop(Share share) {
    share.stopped = true;
    cut();
  }

  /** Cuts the ranges anew; those that stay as they are go on where they were. */
  private void cut() {
    bySlot.clear();
    for (Share share : byPartition.values()) {
      SlotRange slots = share.grant.slots();
      for (int slot = slots.first(); !share.stopped && slot <= slots.last(); slot++) {
        bySlot.put(slot, share);
      }
    }
    Map<IndexRange, Range> cut = new LinkedHashMap<>();
    for (IndexRange slots : IndexRange.of(bySlot.keySet())) {
      Range before = ranges.get(slots);
      cut.put(slots, before == null ? new Range(slots) : before);
    }
    ranges = cut;
  }

  @Nullable Share byPartition(int partition) {
    return byPartition.get(partition);
  }

  /** Of a slot that is to be read. */
  @Nullable Share bySlot(int slot) {
    return bySlot.get(slot);
  }

  /** Of this very grant, if it is the present one of its partition. */
  @Nullable Share of(Grant grant) {
    Share share = byPartition.get(grant.partition());
    return share != null && share.grant.equals(grant) ? share : null;
  }

  @Nullable Share of(Item item) {
    Share share = byPartition.get(item.partition);
    return share != null && share.grant.epoch() == item.epoch ? share : null;
  }

  List<Range> ranges() {
    return List.copyOf(ranges.values());
  }

  /** Whether a range is one of the present ones. */
  boolean has(Range range) {
    return ranges.get(range.slots) == range;
  }

  /** How many items the last whole pass of each range found. */
  int waiting() {
    return ranges.values().stream().mapToInt(r -> r.waiting).sum();
  }
}
