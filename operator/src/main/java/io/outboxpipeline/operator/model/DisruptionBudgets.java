package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;

/** Lets nodes be drained, one pod of a component at a time. */
final class DisruptionBudgets {
  private DisruptionBudgets() {}

  static PodDisruptionBudget of(OutboxPipeline pipeline, Component component) {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .withNewSpec()
        .withNewMaxUnavailable(1)
        .withNewSelector()
        .withMatchLabels(Names.selector(pipeline, component))
        .endSelector()
        // A pod that isn't ready protects nothing, and would block a drain for ever.
        .withUnhealthyPodEvictionPolicy("AlwaysAllow")
        .endSpec()
        .build();
  }
}
