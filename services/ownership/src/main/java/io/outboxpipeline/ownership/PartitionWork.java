package io.outboxpipeline.ownership;

/**
 * What a relay does with the partitions that it owns. Called from one thread, never two calls at
 * once; every method must return quickly. An exception ends the membership ({@link
 * OwnershipStatus.State#FAILED}).
 *
 * <p>For each grant: one {@code start}, then at most one {@code drain}, then at most one {@code
 * abandon}, after which the grant is never mentioned again.
 */
public interface PartitionWork {

  /** Read and send this partition from now on, in this epoch, whenever {@code maySend()}. */
  void start(Grant grant);

  /**
   * Read no more of it; when what is in flight is acknowledged and deleted, call {@link
   * Ownership#drained}. The next owner waits for that.
   */
  void drain(Grant grant);

  /**
   * It is no longer ours, and perhaps already somebody else's: drop what is in memory and send
   * nothing more of it. Also comes after {@link Ownership#fencedOut}, and instead of an answer to
   * {@code drained} that came too late.
   */
  void abandon(Grant grant);
}
