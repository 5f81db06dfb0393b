package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.outboxpipeline.operator.api.PodSpec;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a spec says of the pods, merged with what the operator says as a strategic merge does it:
 * field by field, lists by the key of their items, and the spec's goes before the operator's.
 */
final class PodTemplate {
  private static final List<String> SPREAD =
      List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone");

  private PodTemplate() {}

  /** One list of both: items of the same key once, as the spec has them. */
  static <T> List<T> merged(Collection<T> ours, Collection<T> theirs, Function<T, String> key) {
    Map<String, T> of = new LinkedHashMap<>();
    Stream.concat(ours.stream(), theirs.stream()).forEach(i -> of.put(key.apply(i), i));
    return List.copyOf(of.values());
  }

  /**
   * Restricted, but without a user: the images have one, and OpenShift refuses any that is not of
   * the namespace's own range.
   */
  static PodSecurityContext security(PodSpec pod) {
    PodSecurityContext theirs =
        Optional.ofNullable(pod.securityContext()).orElseGet(PodSecurityContext::new);
    var of = new PodSecurityContextBuilder(theirs);
    if (theirs.getRunAsNonRoot() == null) {
      of.withRunAsNonRoot(true);
    }
    if (theirs.getSeccompProfile() == null) {
      of.withNewSeccompProfile().withType("RuntimeDefault").endSeccompProfile();
    }
    return of.build();
  }

  /** What each container of the operator's may not. */
  static SecurityContext restricted() {
    return new SecurityContextBuilder()
        .withAllowPrivilegeEscalation(false)
        .withReadOnlyRootFilesystem(true)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .build();
  }

  /** What a component's container has and may take. */
  static ResourceRequirements resources(WorkloadSpec spec) {
    return new ResourceRequirementsBuilder()
        .withRequests(new TreeMap<>(spec.resources().requests()))
        .withLimits(new TreeMap<>(spec.resources().limits()))
        .build();
  }

  /** Pods are spread over nodes and zones where there are several. */
  static List<TopologySpreadConstraint> spread(PodSpec pod, Map<String, String> selector) {
    var pods = new LabelSelector(null, selector);
    return merged(
        SPREAD.stream()
            .map(
                key ->
                    new TopologySpreadConstraintBuilder()
                        .withMaxSkew(1)
                        .withTopologyKey(key)
                        .withWhenUnsatisfiable("ScheduleAnyway")
                        .withLabelSelector(pods)
                        .build())
            .toList(),
        pod.topologySpreadConstraints().stream()
            .map(c -> c.getLabelSelector() == null ? c.edit().withLabelSelector(pods).build() : c)
            .toList(),
        TopologySpreadConstraint::getTopologyKey);
  }

  /** Containers that start before the component's own, and end after it. */
  static List<Container> sidecars(PodSpec pod) {
    return pod.sidecars().stream().map(PodTemplate::sidecar).toList();
  }

  private static Container sidecar(Container theirs) {
    SecurityContext security =
        Optional.ofNullable(theirs.getSecurityContext()).orElseGet(SecurityContext::new);
    var restricted = new SecurityContextBuilder(security);
    if (security.getAllowPrivilegeEscalation() == null) {
      restricted.withAllowPrivilegeEscalation(false);
    }
    if (security.getCapabilities() == null) {
      restricted.withNewCapabilities().withDrop("ALL").endCapabilities();
    }
    return new ContainerBuilder(theirs)
        .withRestartPolicy("Always")
        .withSecurityContext(restricted.build())
        .build();
  }
}
