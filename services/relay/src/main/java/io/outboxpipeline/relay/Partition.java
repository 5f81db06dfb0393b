package io.outboxpipeline.relay;

import io.outboxpipeline.ownership.Grant;

/** What the backlog knows of one partition that it owns. Guarded by the backlog's lock. */
final class Partition {
  final Grant grant;

  /** Messages taken or to be sent again: what a drain waits for. */
  int unanswered;

  /** Rows acknowledged and not deleted. */
  int undeleted;

  boolean draining;

  Partition(Grant grant) {
    this.grant = grant;
  }
}
