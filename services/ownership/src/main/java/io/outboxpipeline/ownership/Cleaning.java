package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Command.Op;
import io.outboxpipeline.ownership.Heartbeat.State;
import io.outboxpipeline.ownership.Liveness.Standing;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What a member does about records that others, or its own past, left behind. */
final class Cleaning {

  private final MemberId self;
  private final Calls calls;

  /** Heartbeats of the dead that are being seized or deleted. */
  private final Set<MemberId> heartbeats = new HashSet<>();

  /** Partitions whose leases are being released or deleted. */
  private final Set<Integer> leases = new HashSet<>();

  Cleaning(MemberId self, Calls calls) {
    this.self = self;
    this.calls = calls;
  }

  /** Seizes the heartbeats of the dead, and deletes them when no lease names them any more. */
  void clearDead(
      List<Heartbeat> found,
      Collection<PartitionLease> stored,
      Function<MemberId, Standing> standings,
      long now) {
    for (Heartbeat h : found) {
      if (h.member().equals(self) || heartbeats.contains(h.member())) {
        continue;
      }
      Standing standing = standings.apply(h.member());
      if (standing == Standing.EXPIRED) {
        heartbeats.add(h.member());
        calls.issue(new Op.WriteHeartbeat(h.in(State.SEIZED)), now);
      } else if (standing == Standing.SEIZED
          && stored.stream().noneMatch(l -> l.heldBy(h.member()))) {
        heartbeats.add(h.member());
        calls.issue(new Op.DeleteHeartbeat(h), now);
      }
    }
  }

  /** Releases the leases that name this member although it works with no partitions. */
  void releaseOwn(Collection<PartitionLease> stored, long now) {
    stored.stream().filter(l -> l.heldBy(self)).forEach(l -> release(l, now));
  }

  /**
   * Leases of a former, larger number of partitions: whom they name releases them, then one of all
   * deletes them.
   *
   * @param deletes whether this member is the one
   */
  void tidy(
      Collection<PartitionLease> stored, int partitions, boolean deletes, View view, long now) {
    for (PartitionLease lease : stored) {
      if (lease.partition() < partitions) {
        continue;
      }
      if (lease.heldBy(self)) {
        release(lease, now);
      } else if (deletes && view.isFree(lease) && leases.add(lease.partition())) {
        calls.issue(new Op.DeleteLease(lease), now);
      }
    }
  }

  private void release(PartitionLease lease, long now) {
    if (leases.add(lease.partition())) {
      calls.issue(new Op.WriteLease(lease.released()), now);
    }
  }

  void heartbeatAnswered(MemberId member) {
    heartbeats.remove(member);
  }

  void leaseAnswered(int partition) {
    leases.remove(partition);
  }
}
