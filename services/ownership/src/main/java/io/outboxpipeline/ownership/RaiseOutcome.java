package io.outboxpipeline.ownership;

/** What became of an attempt to raise a partition's epoch. */
public sealed interface RaiseOutcome {

  /** The fence now holds the new epoch, and nobody raised it to that before. */
  record Raised() implements RaiseOutcome {}

  /** The fence holds this epoch, which is not lower. */
  record Stale(long epoch) implements RaiseOutcome {}

  /** The database has other partitions now, and none of these slots. */
  record Repartitioned() implements RaiseOutcome {}
}
