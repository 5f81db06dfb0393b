package io.outboxpipeline.ownership;

/**
 * The epochs in the base database, which only grow. A new owner raises its partition's epoch before
 * it reads; every delete checks it.
 *
 * <p>Methods may throw {@link StoreException} or another unchecked exception: then it is unknown
 * whether it was done. Implementations are safe for use by several threads.
 */
public interface Fence {

  /** How many partitions the database has; 0 if none were made yet. */
  int partitions();

  /**
   * Makes the rows of so many partitions, in one transaction. If there are others, the new ones
   * start with an epoch above all of theirs, so that every grant in them is stale. Does nothing if
   * they are there already.
   */
  void lay(int partitions);

  /**
   * Sets the epoch and owner of the grant's partition if its epoch is lower and its slots agree.
   */
  RaiseOutcome raise(MemberId owner, Grant grant);
}
