package io.outboxpipeline.ownership;

import java.util.Arrays;
import java.util.stream.LongStream;

/** A fence in memory, for the simulator. */
final class MemoryFence implements Fence {

  private long[] epochs = {};

  /** So many partitions, which nobody claimed yet; 0 for none at all. */
  MemoryFence(int partitions) {
    epochs = new long[partitions];
  }

  @Override
  public Layout layout() {
    return new Layout(epochs.length, LongStream.of(epochs).sum());
  }

  @Override
  public boolean lay(Layout seen, int partitions) {
    if (!seen.equals(layout())) {
      return false;
    }
    long epoch = epochs.length == 0 ? 0 : Arrays.stream(epochs).max().orElse(0) + 1;
    epochs = new long[partitions];
    Arrays.fill(epochs, epoch);
    return true;
  }

  @Override
  public RaiseOutcome raise(MemberId owner, Grant grant) {
    int p = grant.partition();
    if (p >= epochs.length || !Partitions.range(p, epochs.length).equals(grant.slots())) {
      return new RaiseOutcome.Repartitioned();
    }
    if (epochs[p] >= grant.epoch()) {
      return new RaiseOutcome.Stale(epochs[p]);
    }
    epochs[p] = grant.epoch();
    return new RaiseOutcome.Raised();
  }

  /** Whether the grant is the newest one of its partition. */
  boolean holds(Grant grant) {
    return grant.partition() < epochs.length && epochs[grant.partition()] == grant.epoch();
  }

  int partitions() {
    return epochs.length;
  }

  long epoch(int partition) {
    return epochs[partition];
  }

  void set(int partition, long epoch) {
    epochs[partition] = epoch;
  }
}
