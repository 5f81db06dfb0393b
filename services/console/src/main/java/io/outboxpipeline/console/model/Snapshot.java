package io.outboxpipeline.console.model;

import io.outboxpipeline.console.model.Problem.Action;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What a dry run found, and all that the action takes, whatever comes later.
 *
 * @param later whether more than these may match by now, because a service lists no more at once
 */
public record Snapshot(
    String id,
    String pipeline,
    Action action,
    Filter filter,
    List<Problem> items,
    boolean later,
    Instant takenAt) {

  public Snapshot {
    items = List.copyOf(items);
  }

  /** Those of a filter's problems about which this can be done. */
  static Snapshot take(
      String pipeline, Action action, Filter filter, Problems problems, Instant now) {
    List<Problem> items =
        problems.matching(filter).stream()
            .filter(p -> p.category().actions().contains(action))
            .toList();
    return new Snapshot(
        UUID.randomUUID().toString(), pipeline, action, filter, items, problems.capped(), now);
  }
}
