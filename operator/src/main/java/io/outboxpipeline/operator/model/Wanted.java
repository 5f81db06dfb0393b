package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.outboxpipeline.operator.api.BaseSpec;
import io.outboxpipeline.operator.api.ConsumerSpec;
import io.outboxpipeline.operator.api.LeaseSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.RelaySpec;
import io.outboxpipeline.operator.api.ServiceSpec;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All objects that a pipeline ought to have.
 *
 * @param queue what relay and consumer are told; without it there is neither of them
 * @param there the Deployments as they are
 * @param apiServer the ports that the API server listens at
 * @param sources the content of the Secrets and ConfigMaps: pods restart when it changes
 */
public record Wanted(
    OutboxPipeline pipeline,
    Images images,
    Optional<BoundQueue> queue,
    Sources sources,
    Map<Component, Deployment> there,
    NavigableSet<Integer> apiServer) {

  /** Who applies. */
  public static final String FIELD_MANAGER = "outboxpipeline-operator";

  private static final ServiceSpec INTERNAL = new ServiceSpec(ServiceSpec.Type.ClusterIP, Map.of());

  /** The components that ought to run. */
  public List<Component> components() {
    return List.of(Component.values()).stream()
        .filter(c -> Components.spec(pipeline.getSpec(), c).isPresent())
        .filter(c -> c == Component.BASE || queue.isPresent())
        .toList();
  }

  /** Every object, what others refer to first. */
  public List<HasMetadata> objects() {
    var objects = new ArrayList<HasMetadata>();
    for (Component component : components()) {
      Components.spec(pipeline.getSpec(), component)
          .ifPresent(spec -> objects.addAll(of(component, spec)));
    }
    objects.addAll(Consoles.objects(pipeline, images.console(), sources));
    return objects;
  }

  private List<HasMetadata> of(Component component, WorkloadSpec spec) {
    var settings = Environment.settings(pipeline, component, spec, queue);
    var objects = new ArrayList<HasMetadata>();
    if (spec.serviceAccount().create()) {
      objects.add(Accounts.serviceAccount(pipeline, component, spec));
    }
    if (readsLeases(component)) {
      objects.add(Accounts.role(pipeline));
      objects.add(Accounts.roleBinding(pipeline, spec));
    }
    objects.add(SettingsMap.configMap(pipeline, component, settings));
    if (pipeline.getSpec().networkPolicy().enabled()) {
      objects.add(NetworkPolicies.of(pipeline, component, spec, apiServer));
    }
    objects.add(DisruptionBudgets.of(pipeline, component));
    objects.add(Services.of(pipeline, component, service(spec)));
    objects.add(
        Deployments.of(
            pipeline,
            component,
            spec,
            image(component, spec),
            replicas(component, spec),
            readsLeases(component),
            digest(component, spec, settings)));
    return objects;
  }

  private boolean readsLeases(Component component) {
    return component == Component.RELAY
        && pipeline.getSpec().relay().lease().store() == LeaseSpec.Store.Kubernetes;
  }

  /** The image that a component ought to have. */
  String image(Component component, WorkloadSpec spec) {
    return Optional.ofNullable(spec.image()).orElse(images.of(component));
  }

  private Optional<Integer> replicas(Component component, WorkloadSpec spec) {
    if (component == Component.RELAY && pipeline.getSpec().paused()) {
      return Optional.of(0);
    }
    return Optional.ofNullable(spec.replicas())
        .or(() -> Replicas.leftOut(there.get(component), FIELD_MANAGER));
  }

  private static ServiceSpec service(WorkloadSpec spec) {
    return switch (spec) {
      case BaseSpec base -> base.service();
      case ConsumerSpec consumer -> consumer.service();
      case RelaySpec relay -> INTERNAL;
    };
  }

  private String digest(Component component, WorkloadSpec spec, Map<String, String> settings) {
    References of = References.of(pipeline.getSpec(), component, spec);
    var content = new TreeMap<>(settings);
    of.secrets().forEach(n -> content.put("secret/" + n, sources.secrets().getOrDefault(n, "")));
    of.configMaps()
        .forEach(n -> content.put("configMap/" + n, sources.configMaps().getOrDefault(n, "")));
    return Digest.of("settings", content);
  }
}
