package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.outboxpipeline.operator.api.ConsoleSpec;
import io.outboxpipeline.operator.api.NetworkPolicySpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A console's Deployment, and which connections its pods take and open. */
final class ConsolePods {

  /** Providers of identities, and the API server. */
  private static final List<Integer> SIGN_IN = List.of(443, 6443);

  private static final String REVIEW = "CONSOLE_REVIEW";

  /** More than the 25 s that stopping may take. */
  private static final long TERMINATION = 30;

  private ConsolePods() {}

  static Deployment deployment(
      OutboxPipeline pipeline, ConsoleSpec spec, String image, List<EnvVar> env, String digest) {
    var labels = new TreeMap<>(spec.pod().labels());
    labels.putAll(Consoles.labels(pipeline));
    var annotations = new TreeMap<>(spec.pod().annotations());
    annotations.put(Deployments.DIGEST, digest);
    boolean reviews = env.stream().anyMatch(e -> e.getName().equals(REVIEW));
    return new DeploymentBuilder()
        .withMetadata(Consoles.metadata(pipeline, ""))
        .withNewSpec()
        .withReplicas(spec.replicas())
        .withNewSelector()
        .withMatchLabels(Consoles.selector(pipeline))
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(
            Optional.ofNullable(spec.serviceAccount().name()).orElse(Consoles.name(pipeline)))
        .withAutomountServiceAccountToken(reviews)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(TERMINATION)
        .withSecurityContext(PodTemplate.security(spec.pod()))
        .withNodeSelector(spec.pod().nodeSelector())
        .withTolerations(spec.pod().tolerations().stream().map(Deployments::toleration).toList())
        .withAffinity(spec.pod().affinity())
        .withPriorityClassName(spec.pod().priorityClassName())
        .withImagePullSecrets(
            spec.pod().imagePullSecrets().stream().map(LocalObjectReference::new).toList())
        .withTopologySpreadConstraints(PodTemplate.spread(spec.pod(), Consoles.selector(pipeline)))
        .withDnsConfig(spec.pod().dnsConfig())
        .withInitContainers(PodTemplate.sidecars(spec.pod()))
        .withContainers(container(pipeline, spec, image, env))
        .withVolumes(
            PodTemplate.merged(
                List.of(
                    new VolumeBuilder().withName("tmp").withNewEmptyDir().endEmptyDir().build()),
                spec.pod().volumes(),
                Volume::getName))
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private static Container container(
      OutboxPipeline pipeline, ConsoleSpec spec, String image, List<EnvVar> env) {
    return new ContainerBuilder()
        .withName("console")
        .withImage(image)
        .withImagePullPolicy(spec.imagePullPolicy().name())
        .withTerminationMessagePolicy("FallbackToLogsOnError")
        .withPorts(new ContainerPort(Consoles.PORT, null, null, "http", "TCP"))
        .withEnvFrom(spec.pod().envFrom())
        .addNewEnvFrom()
        .withNewConfigMapRef()
        .withName(Consoles.name(pipeline))
        .endConfigMapRef()
        .endEnvFrom()
        .withEnv(env)
        .withNewResources()
        .withRequests(new TreeMap<>(spec.resources().requests()))
        .withLimits(new TreeMap<>(spec.resources().limits()))
        .endResources()
        .withStartupProbe(Deployments.probe("/health/live", 2, 60))
        .withLivenessProbe(Deployments.probe("/health/live", 10, 3))
        .withReadinessProbe(Deployments.probe("/health/ready", 2, 2))
        .withVolumeMounts(
            PodTemplate.merged(
                List.of(new VolumeMountBuilder().withName("tmp").withMountPath("/tmp").build()),
                spec.pod().volumeMounts(),
                VolumeMount::getMountPath))
        .withSecurityContext(PodTemplate.restricted())
        .build();
  }

  /** It is reached at its port, and reaches DNS, management ports and where people sign in. */
  static NetworkPolicy networkPolicy(OutboxPipeline pipeline, ConsoleSpec spec) {
    var tcp = new TreeSet<Integer>();
    for (Component component : Component.values()) {
      tcp.add(component.management());
    }
    if (spec.pod().env().stream().anyMatch(e -> e.name().startsWith("CONSOLE_"))) {
      tcp.addAll(SIGN_IN);
    }
    NetworkPolicySpec extra = pipeline.getSpec().networkPolicy();
    return new NetworkPolicyBuilder()
        .withMetadata(Consoles.metadata(pipeline, ""))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(Consoles.selector(pipeline))
        .endPodSelector()
        .withPolicyTypes("Ingress", "Egress")
        .addNewIngress()
        .withPorts(NetworkPolicies.tcp(Consoles.PORT))
        .endIngress()
        .addAllToIngress(extra.extraIngress())
        .withEgress(
            NetworkPolicies.dns(),
            new NetworkPolicyEgressRuleBuilder()
                .withPorts(tcp.stream().map(NetworkPolicies::tcp).toList())
                .build())
        .addAllToEgress(extra.extraEgress())
        .endSpec()
        .build();
  }
}
