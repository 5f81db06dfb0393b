package io.outboxpipeline.ownership;

import java.util.Optional;

/**
 * Who holds a partition and who shall have it next, as stored or as to be stored.
 *
 * @param holder its owner; empty when it was released
 * @param target to whom the holder shall hand it over; kept when it was released
 * @param epoch of the holder's claim
 * @param version of the stored record; in a write, the version that must be there
 */
public record PartitionLease(
    int partition,
    Optional<MemberId> holder,
    Optional<MemberId> target,
    long epoch,
    Version version) {

  /** What a partition without a record counts as. */
  static PartitionLease absent(int partition) {
    return new PartitionLease(partition, Optional.empty(), Optional.empty(), 0, Version.NONE);
  }

  boolean isAbsent() {
    return version.equals(Version.NONE);
  }

  boolean heldBy(MemberId member) {
    return holder.isPresent() && holder.get().equals(member);
  }

  PartitionLease claimedBy(MemberId member, long nextEpoch) {
    return new PartitionLease(partition, Optional.of(member), Optional.empty(), nextEpoch, version);
  }

  PartitionLease to(Optional<MemberId> nextTarget) {
    return new PartitionLease(partition, holder, nextTarget, epoch, version);
  }

  PartitionLease released() {
    return new PartitionLease(partition, Optional.empty(), target, epoch, version);
  }

  PartitionLease stored(Version next) {
    return new PartitionLease(partition, holder, target, epoch, next);
  }
}
