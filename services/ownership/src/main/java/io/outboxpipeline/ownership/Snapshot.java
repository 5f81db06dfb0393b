package io.outboxpipeline.ownership;

import java.util.Collection;
import java.util.List;

/**
 * All leases and all heartbeats, the leases read before the heartbeats or at the same moment: then
 * a holder without a heartbeat really has none, and is not just starting.
 */
public record Snapshot(List<PartitionLease> leases, List<Heartbeat> heartbeats) {

  public Snapshot(Collection<PartitionLease> leases, Collection<Heartbeat> heartbeats) {
    this(List.copyOf(leases), List.copyOf(heartbeats));
  }

  public Snapshot {
    leases = List.copyOf(leases);
    heartbeats = List.copyOf(heartbeats);
  }
}
