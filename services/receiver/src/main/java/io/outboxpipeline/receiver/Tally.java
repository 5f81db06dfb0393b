package io.outboxpipeline.receiver;

import io.outboxpipeline.inbox.Outcome;
import io.outboxpipeline.inbox.Receipt;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.receiver.ReceiverMetrics.Count;
import java.util.List;

/** Counts what committed transactions did. Without state. */
final class Tally {
  private Tally() {}

  static void committed(ReceiverMetrics metrics, List<Received> events, Receipt receipt) {
    for (int i = 0; i < events.size(); i++) {
      Outcome outcome = receipt.outcomes().get(i);
      if (outcome instanceof Outcome.Applied) {
        metrics.applied(events.get(i).event());
      } else {
        metrics.count(count(outcome), 1);
      }
    }
    receipt.replayed().forEach(metrics::applied);
  }

  private static Count count(Outcome outcome) {
    if (outcome instanceof Outcome.Passed) {
      return Count.TOMBSTONES;
    }
    if (outcome instanceof Outcome.Duplicate) {
      return Count.DUPLICATES;
    }
    if (outcome instanceof Outcome.Parked) {
      return Count.PARKED;
    }
    if (outcome instanceof Outcome.Rejected) {
      return Count.REJECTED;
    }
    if (outcome instanceof Outcome.Conflict) {
      return Count.CONFLICTS;
    }
    throw new AssertionError(outcome);
  }
}
