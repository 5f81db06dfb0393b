package io.outboxpipeline.ownership;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A lease store in memory, for the simulator; held to the same contract as the real ones. */
final class MemoryLeaseStore implements LeaseStore {

  private final Map<MemberId, Heartbeat> heartbeats = new HashMap<>();
  private final Map<Integer, PartitionLease> leases = new HashMap<>();
  private Optional<WantedPartitions> wanted = Optional.empty();
  private long versions;
  private long leaseWrites;

  @Override
  public synchronized Snapshot snapshot() {
    return new Snapshot(leases.values(), heartbeats.values(), wanted);
  }

  @Override
  public synchronized Optional<Heartbeat> heartbeat(MemberId member) {
    return Optional.ofNullable(heartbeats.get(member));
  }

  synchronized Optional<PartitionLease> lease(int partition) {
    return Optional.ofNullable(leases.get(partition));
  }

  /** How many writes of leases succeeded so far. */
  synchronized long leaseWrites() {
    return leaseWrites;
  }

  @Override
  public synchronized CasOutcome write(Heartbeat next) {
    Heartbeat there = heartbeats.get(next.member());
    if (!next.version().equals(there == null ? Version.NONE : there.version())) {
      return new CasOutcome.Conflict();
    }
    heartbeats.put(next.member(), next.stored(nextVersion()));
    return new CasOutcome.Written(new Version(Long.toString(versions)));
  }

  @Override
  public synchronized CasOutcome delete(Heartbeat stored) {
    Heartbeat there = heartbeats.get(stored.member());
    if (there == null || !there.version().equals(stored.version())) {
      return new CasOutcome.Conflict();
    }
    heartbeats.remove(stored.member());
    return new CasOutcome.Written(Version.NONE);
  }

  @Override
  public synchronized CasOutcome write(PartitionLease next) {
    PartitionLease there = leases.get(next.partition());
    if (!next.version().equals(there == null ? Version.NONE : there.version())) {
      return new CasOutcome.Conflict();
    }
    leaseWrites++;
    leases.put(next.partition(), next.stored(nextVersion()));
    return new CasOutcome.Written(new Version(Long.toString(versions)));
  }

  @Override
  public synchronized CasOutcome delete(PartitionLease stored) {
    PartitionLease there = leases.get(stored.partition());
    if (there == null || !there.version().equals(stored.version())) {
      return new CasOutcome.Conflict();
    }
    leases.remove(stored.partition());
    return new CasOutcome.Written(Version.NONE);
  }

  @Override
  public synchronized CasOutcome write(WantedPartitions next) {
    if (!next.version().equals(wanted.map(WantedPartitions::version).orElse(Version.NONE))) {
      return new CasOutcome.Conflict();
    }
    Version version = nextVersion();
    wanted = Optional.of(new WantedPartitions(next.count(), version));
    return new CasOutcome.Written(version);
  }

  private Version nextVersion() {
    return new Version(Long.toString(++versions));
  }
}
