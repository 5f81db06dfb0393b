package io.outboxpipeline.operator.status;

import io.outboxpipeline.ownership.PipelineStatus;

/** What is known of who owns what. */
public sealed interface OwnedPartitions {

  /**
   * As the leases said last.
   *
   * @param lasting whether partitions are without an owner, or being cut anew, for longer than a
   *     hand-over takes
   */
  record Observed(PipelineStatus status, boolean lasting) implements OwnedPartitions {}

  /** Not looked at yet. */
  record Unknown() implements OwnedPartitions {}

  /** The leases are in the database, where the operator does not look. */
  record InDatabase() implements OwnedPartitions {}
}
