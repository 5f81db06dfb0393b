package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.ownership.SlotRange;
import java.util.ArrayList;
import java.util.List;

/** Neighbouring slots in one partition of the index: what one query can ask for. */
record IndexRange(int shard, int first, int last) {

  /** A partition's slots, by the index's partitions. */
  static List<IndexRange> of(SlotRange slots) {
    List<IndexRange> ranges = new ArrayList<>();
    int first = slots.first();
    while (first <= slots.last()) {
      int shard = OutboxAttributes.shard(first);
      int last = first;
      while (last < slots.last() && OutboxAttributes.shard(last + 1) == shard) {
        last++;
      }
      ranges.add(new IndexRange(shard, first, last));
      first = last + 1;
    }
    return ranges;
  }
}
