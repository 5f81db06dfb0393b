package io.outboxpipeline.ownership;

import java.time.Duration;
import java.util.Optional;

/**
 * Where heartbeats and leases are kept. Every write is a compare-and-set on the version in the
 * record that is written ({@link Version#NONE}: there must be no record yet); of any number of
 * writers that saw the same version, one succeeds. Reads see every write that was answered before
 * they were sent; but for a snapshot of a pipeline at rest, see {@link RestingReads}.
 *
 * <p>Any method may throw, {@link StoreException} or another unchecked exception: then it is
 * unknown whether a write was done. Calls need time-outs of their own, shorter than a lease.
 * Implementations are safe for use by several threads.
 */
public interface LeaseStore extends AutoCloseable {

  /** All leases, then all heartbeats, and how many partitions there shall be. */
  Snapshot snapshot();

  /** One member's heartbeat, if it has one. */
  Optional<Heartbeat> heartbeat(MemberId member);

  /** Creates or replaces a heartbeat. */
  CasOutcome write(Heartbeat next);

  /** Deletes a heartbeat; a conflict if it is gone or has another version. */
  CasOutcome delete(Heartbeat stored);

  /** Creates or replaces a lease. */
  CasOutcome write(PartitionLease next);

  /** Deletes a lease; a conflict if it is gone or has another version. */
  CasOutcome delete(PartitionLease stored);

  /**
   * How often a member reads everything while a partition is on its way to it: the shorter, the
   * quicker planned moves, and the more reads.
   */
  default Duration pollPeriod() {
    return Duration.ofMillis(30);
  }

  /** Closes what the store itself opened; by default nothing. */
  @Override
  default void close() {}

  /** Creates or replaces the record of how many partitions there shall be. */
  CasOutcome write(WantedPartitions next);
}
