package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.ownership.Grant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The partitions that are followed, and how far their part of the index was read. */
final class Shares {

  /** One partition. */
  static final class Share {
    final Grant grant;
    final List<Range> ranges = new ArrayList<>();
    boolean stopped;
    boolean finishing;
    boolean givenUp;

    Share(Grant grant) {
      this.grant = grant;
    }
  }

  /** A part of the index, read page by page, over and over. */
  static final class Range {
    final Share share;
    final IndexRange slots;
    @Nullable Map<String, AttributeValue> next;
    boolean asked;
    long due;
    private long delay;
    private int found;
    private boolean fresh;
    private int waiting;

    private Range(Share share, IndexRange slots, long now) {
      this.share = share;
      this.slots = slots;
      due = now;
    }

    /** A page was read; the next one comes at once, the next pass after a while. */
    void passed(ItemTable.Page page, boolean hasFresh, long now, Pauses pauses) {
      found += page.keys().size();
      fresh |= hasFresh;
      next = page.next();
      if (next == null) {
        waiting = found;
        delay = fresh ? pauses.busy() : Math.min(pauses.idle(), Math.max(1, delay) * 2);
        found = 0;
        fresh = false;
        due = now + delay;
      }
    }
  }

  private final Map<Integer, Share> byPartition = new HashMap<>();

  void add(Grant grant, long now) {
    var share = new Share(grant);
    for (IndexRange slots : IndexRange.of(grant.slots())) {
      share.ranges.add(new Range(share, slots, now));
    }
    byPartition.put(grant.partition(), share);
  }

  void remove(int partition) {
    byPartition.remove(partition);
  }

  @Nullable Share byPartition(int partition) {
    return byPartition.get(partition);
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
    return byPartition.values().stream().flatMap(s -> s.ranges.stream()).toList();
  }

  /** How many items the last whole pass of each range found. */
  int waiting() {
    return byPartition.values().stream()
        .flatMap(s -> s.ranges.stream())
        .mapToInt(r -> r.waiting)
        .sum();
  }
}
