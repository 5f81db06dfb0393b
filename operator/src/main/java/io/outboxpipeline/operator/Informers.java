package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What is watched beside the resource: the objects that belong to it, by their label. */
final class Informers {
  /** The kinds of objects that a pipeline owns. */
  static final List<Class<? extends HasMetadata>> OWNED =
      List.of(
          ServiceAccount.class,
          Role.class,
          RoleBinding.class,
          NetworkPolicy.class,
          PodDisruptionBudget.class,
          Service.class,
          ConfigMap.class,
          Deployment.class);

  private Informers() {}

  static List<EventSource<?, OutboxPipeline>> of(EventSourceContext<OutboxPipeline> context) {
    var sources = new ArrayList<EventSource<?, OutboxPipeline>>();
    for (Class<? extends HasMetadata> kind : OWNED) {
      sources.add(owned(kind, context));
    }
    return sources;
  }

  private static <R extends HasMetadata> EventSource<R, OutboxPipeline> owned(
      Class<R> kind, EventSourceContext<OutboxPipeline> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(kind, OutboxPipeline.class)
            .withName(kind.getSimpleName())
            .withNamespacesInheritedFromController()
            .withLabelSelector(Names.MANAGED)
            .withSecondaryToPrimaryMapper(Informers::pipeline)
            .build(),
        context);
  }

  private static Set<ResourceID> pipeline(HasMetadata object) {
    return Names.pipeline(object).stream()
        .map(name -> new ResourceID(name, object.getMetadata().getNamespace()))
        .collect(Collectors.toSet());
  }
}
