package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.FieldSelector;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.model.References;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What is watched beside the resource: the objects that it owns, and what it refers to. */
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
          Deployment.class);

  /** The name of the source of the owned ConfigMaps, as there are two. */
  static final String SETTINGS = "settings";

  /** The name of the source of the ConfigMaps that specs refer to. */
  static final String REFERRED = "referred";

  private Informers() {}

  static List<EventSource<?, OutboxPipeline>> of(EventSourceContext<OutboxPipeline> context) {
    var sources = new ArrayList<EventSource<?, OutboxPipeline>>();
    for (Class<? extends HasMetadata> kind : OWNED) {
      sources.add(owned(kind, kind.getSimpleName(), context));
    }
    sources.add(owned(ConfigMap.class, SETTINGS, context));
    sources.add(referred(ConfigMap.class, REFERRED, References::configMaps, context));
    sources.add(referred(Secret.class, "secrets", References::secrets, context));
    return sources;
  }

  private static <R extends HasMetadata> EventSource<R, OutboxPipeline> owned(
      Class<R> kind, String name, EventSourceContext<OutboxPipeline> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(kind, OutboxPipeline.class)
            .withName(name)
            .withNamespacesInheritedFromController()
            .withLabelSelector(Names.MANAGED)
            .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(OutboxPipeline.class))
            .build(),
        context);
  }

  private static <R extends HasMetadata> EventSource<R, OutboxPipeline> referred(
      Class<R> kind,
      String name,
      Function<References, NavigableSet<String>> names,
      EventSourceContext<OutboxPipeline> context) {
    Function<OutboxPipeline, Set<ResourceID>> of =
        p ->
            names.apply(References.of(p.getSpec())).stream()
                .map(n -> new ResourceID(n, p.getMetadata().getNamespace()))
                .collect(Collectors.toSet());
    context
        .getPrimaryCache()
        .addIndexer(name, p -> of.apply(p).stream().map(Informers::key).toList());
    var configuration =
        InformerEventSourceConfiguration.from(kind, OutboxPipeline.class)
            .withName(name)
            .withNamespacesInheritedFromController()
            .withSecondaryToPrimaryMapper(
                r ->
                    context
                        .getPrimaryCache()
                        .byIndex(name, key(ResourceID.fromResource(r)))
                        .stream()
                        .map(ResourceID::fromResource)
                        .collect(Collectors.toSet()))
            .withPrimaryToSecondaryMapper((OutboxPipeline p) -> of.apply(p));
    if (kind == Secret.class) {
      // Helm's releases are large, many, and never what a pipeline refers to.
      configuration.withFieldSelector(
          new FieldSelector(new FieldSelector.Field("type", "helm.sh/release.v1", true)));
    }
    return new InformerEventSource<>(configuration.build(), context);
  }

  private static String key(ResourceID id) {
    return id.getNamespace().orElse("") + "/" + id.getName();
  }
}
