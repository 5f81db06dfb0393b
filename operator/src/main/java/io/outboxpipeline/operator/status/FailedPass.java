package io.outboxpipeline.operator.status;

import static io.outboxpipeline.operator.status.Conditions.Status.True;

import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;

/** The status of a pipeline whose pass failed: what was known stays, and what failed is told. */
public final class FailedPass {
  private FailedPass() {}

  /**
   * The status.
   *
   * @param message why; tried again soon
   */
  public static OutboxPipelineStatus of(OutboxPipeline pipeline, String message, Instant now) {
    OutboxPipelineStatus before = pipeline.status();
    long generation = Optional.ofNullable(pipeline.getMetadata().getGeneration()).orElse(0L);
    var conditions = new Conditions(before, generation, now);
    conditions.set(StatusOf.RECONCILING, True, "ReconcileFailed", message);
    var all = new ArrayList<>(conditions.all());
    before.conditions().stream()
        .filter(c -> !c.getType().equals(StatusOf.RECONCILING))
        .forEach(all::add);
    return new OutboxPipelineStatus(
        before.observedGeneration(),
        all,
        before.queue(),
        before.base(),
        before.relay(),
        before.consumer());
  }
}
