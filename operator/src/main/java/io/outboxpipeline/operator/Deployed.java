package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.status.PodTroubles;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The Deployments of a pipeline that are there. */
final class Deployed {
  private Deployed() {}

  static Map<Component, Deployment> of(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    return of(pipeline, OwnedObjects.of(Deployment.class, context));
  }

  /** The pipelines of all namespaces whose pods are being replaced, as the cluster says. */
  static Set<ResourceID> rolling(Context<OutboxPipeline> context) {
    return OwnedObjects.all(Deployment.class, context)
        .filter(PodTroubles::isRolling)
        .flatMap(
            d ->
                Names.pipeline(d).stream()
                    .map(name -> new ResourceID(name, d.getMetadata().getNamespace())))
        .collect(Collectors.toSet());
  }

  /** Those of the components among all that there are. */
  static Map<Component, Deployment> of(OutboxPipeline pipeline, List<Deployment> there) {
    var of = new EnumMap<Component, Deployment>(Component.class);
    for (Deployment deployment : there) {
      for (Component component : Component.values()) {
        if (deployment.getMetadata().getName().equals(Names.of(pipeline, component))) {
          of.put(component, deployment);
        }
      }
    }
    return of;
  }
}
