package io.outboxpipeline.ownership;

import io.outboxpipeline.ownership.Liveness.Standing;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What a member makes of one snapshot: who stands how, and who should own what. */
final class View {

  private final MemberId self;
  private final int partitions;
  private final Set<MemberId> accepting;
  private final Function<MemberId, Standing> standings;
  private final Map<Integer, MemberId> present;
  private final Map<Integer, MemberId> assigned;

  /**
   * @param accepting who takes partitions, this member among them if it does
   */
  View(
      MemberId self,
      Map<Integer, PartitionLease> leases,
      int partitions,
      Set<MemberId> accepting,
      Function<MemberId, Standing> standings) {
    this.self = self;
    this.partitions = partitions;
    this.accepting = accepting;
    this.standings = standings;
    present = Assignment.present(leases, accepting);
    assigned = Assignment.assign(partitions, accepting, present);
  }

  boolean isSelf(MemberId member) {
    return member.equals(self);
  }

  MemberId self() {
    return self;
  }

  /** Who should own it, if anybody takes partitions. */
  Optional<MemberId> assigned(int partition) {
    return Optional.ofNullable(assigned.get(partition));
  }

  /** The lease's target, if it takes partitions. */
  Optional<MemberId> target(PartitionLease lease) {
    return lease.target().filter(accepting::contains);
  }

  /** Whether somebody may claim it: nobody holds it, or one who is dead for certain. */
  boolean isFree(PartitionLease lease) {
    return lease.holder().isEmpty() || standings.apply(lease.holder().get()).freesPartitions();
  }

  /**
   * Who should claim a free partition: its target, or whom the assignment names; and for each whole
   * lease that it stayed free, that one left out and the next one asked.
   */
  Optional<MemberId> claimant(PartitionLease lease, long wholeLeasesFree) {
    Optional<MemberId> claimant = target(lease).or(() -> assigned(lease.partition()));
    var others = new HashSet<>(accepting);
    for (long i = 0; i < wholeLeasesFree && claimant.isPresent(); i++) {
      others.remove(claimant.get());
      if (others.isEmpty()) {
        return claimant;
      }
      claimant =
          Optional.ofNullable(
              Assignment.assign(partitions, others, present).get(lease.partition()));
    }
    return claimant;
  }
}
