package io.outboxpipeline.operator.model;

import io.outboxpipeline.ownership.PipelineStatus;

/** What is known of who owns what. */
public sealed interface Partitions {

  /** As the leases said last. */
  record Observed(PipelineStatus status) implements Partitions {}

  /** Not looked at yet. */
  record Unknown() implements Partitions {}

  /** The leases are in the database, where the operator does not look. */
  record InDatabase() implements Partitions {}
}
