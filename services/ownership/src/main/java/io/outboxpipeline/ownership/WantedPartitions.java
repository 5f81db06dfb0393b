package io.outboxpipeline.ownership;

import java.util.Optional;

/**
 * How many partitions there shall be, as stored or as to be stored. When it changes, the members
 * drain what they own, lay the fence anew and go on with the new number.
 *
 * @param count from 1 to {@link Partitions#MAX}
 * @param version of the stored record; in a write, the version that must be there
 */
public record WantedPartitions(int count, Version version) {

  public WantedPartitions {
    Partitions.checkCount(count);
  }

  /**
   * Sees to it that so many are wanted.
   *
   * @return whether the record says so now; if not, somebody else wrote it at the same moment
   * @throws StoreException if the store does not answer
   */
  public static boolean set(LeaseStore store, int count) {
    Optional<WantedPartitions> there = store.snapshot().wanted();
    Version version = there.map(WantedPartitions::version).orElse(Version.NONE);
    return there.filter(w -> w.count == count).isPresent()
        || store.write(new WantedPartitions(count, version)) instanceof CasOutcome.Written;
  }
}
