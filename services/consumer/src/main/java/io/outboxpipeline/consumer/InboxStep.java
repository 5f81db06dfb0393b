package io.outboxpipeline.consumer;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.receiver.Decisions;
import io.outboxpipeline.receiver.Decisions.Progress;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.job.JobItem;
import io.outboxpipeline.runtime.job.JobStep;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Decides about the aggregates of a job that stand still in the inbox. Thread-safe. */
final class InboxStep implements JobStep {
  private final Map<String, Kind> kinds;

  InboxStep(Decisions decisions) {
    kinds =
        Map.of(
            "rejected retry",
            new Kind("retried", (chain, item, by) -> decisions.retry(chain, number(item), by)),
            "rejected discard",
            new Kind("discarded", (chain, item, by) -> decisions.discard(chain, number(item), by)),
            "parked skip",
            new Kind("skipped", (chain, item, by) -> decisions.skip(chain, number(item), by)),
            "conflict apply",
            new Kind(
                "applied",
                (chain, item, by) -> decisions.applyConflict(chain, number(item), id(item), by)),
            "conflict discard",
            new Kind(
                "discarded",
                (chain, item, by) -> decisions.discardConflict(chain, number(item), id(item), by)));
  }

  private interface Decide {
    Optional<Progress> on(Chain chain, JobItem item, Decisions.Note by) throws SQLException;
  }

  /** What is done, and how the record of decisions calls it. */
  private record Kind(String done, Decide decide) {}

  private static long number(JobItem item) {
    return Long.parseLong(item.sequence());
  }

  private static UUID id(JobItem item) {
    return UUID.fromString(item.eventId());
  }

  @Override
  public boolean knows(String category, String action) {
    return kinds.containsKey(category + " " + action);
  }

  @Override
  public Outcome decide(String action, JobItem item, AdminCaller by, Mark mark)
      throws SQLException {
    Kind kind = kinds.get(item.category() + " " + action);
    if (kind == null) {
      throw new IllegalStateException("a job of a newer consumer");
    }
    var chain = new Chain(item.source(), new Aggregate(item.aggregateType(), item.aggregateId()));
    Optional<Progress> now =
        kind.decide.on(
            chain,
            item,
            c -> {
              DecisionTable.keep(c, kind.done, chain, number(item), by);
              mark.in(c);
            });
    if (now.isEmpty()) {
      return new Outcome.Gone();
    }
    return now.get()
        .rejected()
        .<Outcome>map(
            r ->
                new Outcome.Again(
                    "number " + r.event().sequence() + " was rejected: " + r.reason()))
        .orElseGet(Outcome.Done::new);
  }
}
