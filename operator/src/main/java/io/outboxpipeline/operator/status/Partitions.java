package io.outboxpipeline.operator.status;

import io.outboxpipeline.ownership.PipelineStatus;

/** What is known of who owns what. */
public sealed interface Partitions {

  /**
   * As the leases said last.
   *
   * @param lasting whether partitions are without an owner, or being cut anew, for longer than a
   *     hand-over takes
   */
  record Observed(PipelineStatus status, boolean lasting) implements Partitions {}

  /** Not looked at yet. */
  record Unknown() implements Partitions {}

  /** The leases are in the database, where the operator does not look. */
  record InDatabase() implements Partitions {}
}
