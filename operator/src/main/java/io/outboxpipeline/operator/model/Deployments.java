package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.WorkloadSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A component's Deployment: restricted Pod Security, probes, time enough to stop. */
final class Deployments {
  /** The annotation that changes with settings and secrets, and so restarts the pods. */
  static final String DIGEST = OutboxPipeline.GROUP + "/settings";

  private static final String TMP = "tmp";
  private static final String TRUST = "trust";

  /** How long a base goes on serving while Services forget it. */
  private static final Duration FORGET = Duration.ofSeconds(5);

  /** Between the end of the grace and the kubelet's SIGKILL. */
  private static final Duration SPARE = Duration.ofSeconds(5);

  /**
   * After which pods of a lost node are replaced, instead of Kubernetes' 300 s: two relays that
   * both believe in a partition are no danger, and one that is missing is.
   */
  private static final Duration LOST_NODE = Duration.ofSeconds(30);

  private Deployments() {}

  static Deployment of(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec spec,
      String image,
      Optional<Integer> replicas,
      boolean asksTheApiServer,
      String digest) {
    return new DeploymentBuilder()
        .withMetadata(Names.metadata(pipeline, component))
        .withNewSpec()
        .withReplicas(replicas.orElse(null))
        .withNewSelector()
        .withMatchLabels(Names.selector(pipeline, component))
        .endSelector()
        .withNewStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        // One after the other: only the partitions of one relay move at a time.
        .withNewMaxSurge(1)
        .withNewMaxUnavailable(0)
        .endRollingUpdate()
        .endStrategy()
        .withTemplate(pods(pipeline, component, spec, image, asksTheApiServer, digest))
        .endSpec()
        .build();
  }

  private static PodTemplateSpec pods(
      OutboxPipeline pipeline,
      Component component,
      WorkloadSpec spec,
      String image,
      boolean asksTheApiServer,
      String digest) {
    var labels = new TreeMap<>(spec.pod().labels());
    labels.putAll(Names.labels(pipeline, component));
    var annotations = new TreeMap<>(spec.pod().annotations());
    annotations.put(DIGEST, digest);
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(Accounts.name(pipeline, component, spec))
        .withAutomountServiceAccountToken(asksTheApiServer)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(terminationGrace(component, spec).toSeconds())
        .withSecurityContext(PodTemplate.security(spec.pod()))
        .withNodeSelector(spec.pod().nodeSelector())
        .withTolerations(tolerations(spec))
        .withAffinity(spec.pod().affinity())
        .withPriorityClassName(spec.pod().priorityClassName())
        .withImagePullSecrets(
            spec.pod().imagePullSecrets().stream().map(LocalObjectReference::new).toList())
        .withTopologySpreadConstraints(
            PodTemplate.spread(spec.pod(), Names.selector(pipeline, component)))
        .withDnsConfig(spec.pod().dnsConfig())
        // The migrator is after them, because it may need them to reach the database.
        .withInitContainers(PodTemplate.sidecars(spec.pod()))
        .addAllToInitContainers(
            Migrator.of(pipeline, component, spec, image, mounts(pipeline, spec)))
        .withContainers(container(pipeline, component, spec, image))
        .withVolumes(volumes(pipeline, spec))
        .endSpec()
        .build();
  }

  private static Container container(
      OutboxPipeline pipeline, Component component, WorkloadSpec spec, String image) {
    var container =
        new ContainerBuilder()
            .withName(component.label())
            .withImage(image)
            .withImagePullPolicy(spec.imagePullPolicy().name())
            // What it says last is told in the condition.
            .withTerminationMessagePolicy("FallbackToLogsOnError")
            .withPorts(ports(component))
            // Of a variable that two have, the last one's value counts: the operator's.
            .withEnvFrom(spec.pod().envFrom())
            .addNewEnvFrom()
            .withNewConfigMapRef()
            .withName(Names.of(pipeline, component))
            .endConfigMapRef()
            .endEnvFrom()
            .withEnv(Environment.variables(pipeline, component, spec))
            .withResources(PodTemplate.resources(spec))
            // Not /health/started: that waits for database and queue, and a pod whose database is
            // away must not be restarted again and again.
            .withStartupProbe(probe("/health/live", 2, 60))
            .withLivenessProbe(probe("/health/live", 10, 3))
            .withReadinessProbe(probe("/health/ready", 2, 2))
            .withVolumeMounts(mounts(pipeline, spec))
            .withSecurityContext(PodTemplate.restricted());
    if (component == Component.BASE) {
      container
          .withNewLifecycle()
          .withNewPreStop()
          .withNewSleep(FORGET.toSeconds())
          .endPreStop()
          .endLifecycle();
    }
    return container.build();
  }

  private static List<ContainerPort> ports(Component component) {
    var http = new ContainerPort(component.port(), null, null, "http", "TCP");
    return component.management() == component.port()
        ? List.of(http)
        : List.of(http, new ContainerPort(component.management(), null, null, "management", "TCP"));
  }

  private static Duration terminationGrace(Component component, WorkloadSpec spec) {
    Duration grace = spec.grace().plus(SPARE);
    return component == Component.BASE ? grace.plus(FORGET) : grace;
  }

  static Probe probe(String path, int period, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withNewPort("http")
        .endHttpGet()
        .withPeriodSeconds(period)
        .withTimeoutSeconds(Math.min(period, 5))
        .withFailureThreshold(failures)
        .build();
  }

  /** The spec's, and those that end the wait for a lost node, unless the spec has them. */
  private static List<Toleration> tolerations(WorkloadSpec spec) {
    var tolerations =
        new ArrayList<>(spec.pod().tolerations().stream().map(Deployments::toleration).toList());
    for (String lost : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      if (tolerations.stream().noneMatch(t -> tolerates(t, lost))) {
        tolerations.add(new Toleration("NoExecute", lost, "Exists", LOST_NODE.toSeconds(), null));
      }
    }
    return tolerations;
  }

  /**
   * Whether pods with it stay for a time of its own; no key is every key, no effect every effect.
   */
  private static boolean tolerates(Toleration toleration, String taint) {
    return (toleration.getKey() == null || taint.equals(toleration.getKey()))
        && (toleration.getEffect() == null || "NoExecute".equals(toleration.getEffect()));
  }

  static Toleration toleration(io.outboxpipeline.operator.api.Toleration of) {
    var effect = of.effect();
    return new Toleration(
        effect == null ? null : effect.name(),
        of.key(),
        of.operator().name(),
        of.tolerationSeconds(),
        of.value());
  }

  private static List<Volume> volumes(OutboxPipeline pipeline, WorkloadSpec spec) {
    var volumes = new ArrayList<Volume>();
    // The only place to write to: native libraries are unpacked there.
    volumes.add(new VolumeBuilder().withName(TMP).withNewEmptyDir().endEmptyDir().build());
    trust(pipeline, spec).ifPresent(volumes::add);
    return PodTemplate.merged(volumes, spec.pod().volumes(), Volume::getName);
  }

  private static List<VolumeMount> mounts(OutboxPipeline pipeline, WorkloadSpec spec) {
    var mounts = new ArrayList<VolumeMount>();
    mounts.add(new VolumeMountBuilder().withName(TMP).withMountPath("/tmp").build());
    if (trust(pipeline, spec).isPresent()) {
      mounts.add(
          new VolumeMountBuilder()
              .withName(TRUST)
              .withMountPath(Trust.FOLDER)
              .withReadOnly(true)
              .build());
    }
    return PodTemplate.merged(mounts, spec.pod().volumeMounts(), VolumeMount::getMountPath);
  }

  private static Optional<Volume> trust(OutboxPipeline pipeline, WorkloadSpec spec) {
    return Components.database(pipeline.getSpec(), spec).flatMap(d -> Trust.volume(TRUST, d.tls()));
  }
}
