package io.outboxpipeline.ownership;

/** What the membership wants done. */
sealed interface Command {

  /** Perform the operation and answer with its number. */
  record Call(long id, Op op) implements Command {}

  /** See {@link PartitionWork#start}. */
  record StartWork(Grant grant) implements Command {}

  /** See {@link PartitionWork#drain}. */
  record DrainWork(Grant grant) implements Command {}

  /** See {@link PartitionWork#abandon}. */
  record AbandonWork(Grant grant) implements Command {}

  /** It is over; no other command follows. */
  record Finish(Ending ending) implements Command {}

  /** An operation of the store or the fence. */
  sealed interface Op {

    record ReadHeartbeat(MemberId member) implements Op {}

    record WriteHeartbeat(Heartbeat next) implements Op {}

    record DeleteHeartbeat(Heartbeat stored) implements Op {}

    record ReadSnapshot() implements Op {}

    record WriteLease(PartitionLease next) implements Op {}

    record DeleteLease(PartitionLease stored) implements Op {}

    record ReadLayout() implements Op {}

    record LayFence(Layout seen, int partitions) implements Op {}

    record RaiseFence(MemberId owner, Grant grant) implements Op {}
  }
}
