package io.outboxpipeline.relay.backlog;

import io.outboxpipeline.ownership.Grant;

/** What the backlog knows of one partition that it owns. Guarded by the backlog's lock. */
final class Share {
  final Grant grant;

  /** Messages taken or to be sent again: what a drain waits for. */
  int unanswered;

  boolean draining;

  /** Whether a drain took too long: what fails from now on is not sent again. */
  boolean givenUp;

  Share(Grant grant) {
    this.grant = grant;
  }
}
