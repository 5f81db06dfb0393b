package io.outboxpipeline.ownership;

/**
 * The epochs in the base database, which only grow. A new owner raises its partition's epoch before
 * it reads; every delete checks it.
 *
 * <p>Methods may throw {@link StoreException} or another unchecked exception: then it is unknown
 * whether it was done. Implementations are safe for use by several threads.
 */
public interface Fence {

  /** What is there; {@link Layout#NONE} if no partitions were made yet. */
  Layout layout();

  /**
   * Makes the rows of so many partitions instead of those that are there, in one transaction and
   * with an epoch above all of theirs, so that every grant in them is stale.
   *
   * @param seen what must still be there: no partition was claimed since
   * @return whether it was, and is replaced
   */
  boolean lay(Layout seen, int partitions);

  /**
   * Sets the epoch and owner of the grant's partition if its epoch is lower and its slots agree.
   */
  RaiseOutcome raise(MemberId owner, Grant grant);
}
