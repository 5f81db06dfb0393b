package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;

/** Writes statuses. */
final class Statuses {
  private Statuses() {}

  /**
   * Writes it if it is another one. The cache has what was written at once: the next pass compares
   * with it, and would else take an older status for the present one and write nothing.
   */
  static void write(
      OutboxPipeline pipeline, OutboxPipelineStatus after, Context<OutboxPipeline> context) {
    if (after.equals(pipeline.status())) {
      return;
    }
    var with = new OutboxPipeline();
    with.setMetadata(
        new ObjectMetaBuilder()
            .withName(pipeline.getMetadata().getName())
            .withNamespace(pipeline.getMetadata().getNamespace())
            .build());
    with.setStatus(after);
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(pipeline, with, context);
  }
}
