package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.ownership.SlotRange;
import java.util.ArrayList;
import java.util.List;

/** Which slots are read, as of the beginning of a round. Immutable. */
final class Owned {
  private final long[] epochs;
  private final List<SlotRange> ranges;

  /**
   * @param epochs of each slot, 0 where it is not to be read
   */
  Owned(long[] epochs) {
    this.epochs = epochs.clone();
    this.ranges = ranges(epochs);
  }

  /** The epoch that a slot is read in, 0 if it is not. */
  long epoch(int slot) {
    return epochs[slot];
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** The slots, as few ranges. */
  List<SlotRange> ranges() {
    return ranges;
  }

  private static List<SlotRange> ranges(long[] epochs) {
    List<SlotRange> ranges = new ArrayList<>();
    for (int n = 0; n < epochs.length; n++) {
      if (epochs[n] != 0) {
        int first = n;
        while (n + 1 < epochs.length && epochs[n + 1] != 0) {
          n++;
        }
        ranges.add(new SlotRange(first, n));
      }
    }
    return List.copyOf(ranges);
  }
}
