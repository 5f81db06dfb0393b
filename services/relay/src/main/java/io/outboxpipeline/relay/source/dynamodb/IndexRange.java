package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** Neighbouring slots in one partition of the index: what one query can ask for. */
record IndexRange(int shard, int first, int last) {

  /** Slots, by the index's partitions and by gaps. */
  static List<IndexRange> of(Collection<Integer> slots) {
    List<IndexRange> ranges = new ArrayList<>();
    for (int slot : new TreeSet<>(slots)) {
      int shard = OutboxAttributes.shard(slot);
      IndexRange before = ranges.isEmpty() ? null : ranges.getLast();
      if (before != null && before.shard == shard && before.last == slot - 1) {
        ranges.set(ranges.size() - 1, new IndexRange(shard, before.first, slot));
      } else {
        ranges.add(new IndexRange(shard, slot, slot));
      }
    }
    return ranges;
  }
}
