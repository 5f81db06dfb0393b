package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;

/** An aggregate whose rows are left in the table from an id on. */
final class Left {
  final Aggregate aggregate;
  final int slot;

  /** All rows from this id on that are not known were left. */
  long from;

  /** The event that can never be sent and holds it; none if it is not held. */
  boolean held;

  String heldBy = "";
  Instant heldSince = Instant.EPOCH;

  Left(Aggregate aggregate, long from) {
    this.aggregate = aggregate;
    this.slot = aggregate.slot();
    this.from = from;
  }

  void hold(String eventId, Instant since) {
    held = true;
    heldBy = eventId;
    heldSince = since;
  }
}
