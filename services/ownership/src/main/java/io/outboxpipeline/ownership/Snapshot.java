package io.outboxpipeline.ownership;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * All leases and all heartbeats, the leases read before the heartbeats or at the same moment: then
 * a holder without a heartbeat really has none, and is not just starting.
 *
 * @param wanted how many partitions there shall be; empty if nobody said so yet
 */
public record Snapshot(
    List<PartitionLease> leases, List<Heartbeat> heartbeats, Optional<WantedPartitions> wanted) {

  public Snapshot(
      Collection<PartitionLease> leases,
      Collection<Heartbeat> heartbeats,
      Optional<WantedPartitions> wanted) {
    this(List.copyOf(leases), List.copyOf(heartbeats), wanted);
  }

  public Snapshot {
    leases = List.copyOf(leases);
    heartbeats = List.copyOf(heartbeats);
  }
}
