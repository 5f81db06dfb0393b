package io.outboxpipeline.ownership;

/**
 * How the 256 slots are cut into partitions: contiguous ranges whose sizes differ by one at most.
 */
public final class Partitions {

  /** The most partitions there can be: one per slot. */
  public static final int MAX = 256;

  /** As many as there are if nobody says how many there shall be. */
  public static final int DEFAULT = 64;

  private Partitions() {}

  /**
   * The slots of one partition.
   *
   * @param partition from 0 to {@code partitions - 1}
   * @param partitions how many there are, from 1 to {@link #MAX}
   */
  public static SlotRange range(int partition, int partitions) {
    checkCount(partitions);
    if (partition < 0 || partition >= partitions) {
      throw new IllegalArgumentException("partition " + partition + " of " + partitions);
    }
    return new SlotRange(partition * MAX / partitions, (partition + 1) * MAX / partitions - 1);
  }

  static void checkCount(int partitions) {
    if (partitions < 1 || partitions > MAX) {
      throw new IllegalArgumentException("partitions must be 1…" + MAX + ", not " + partitions);
    }
  }
}
