package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.PodDNSConfig;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the pods of a component have beside what the operator gives them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PodSpec(
    @JsonPropertyDescription("Labels of the pods.")
        @Default("{}")
        @Size(max = 32)
        @ValidationRule(
            value =
                "self.all(k, !k.startsWith('app.kubernetes.io/') &&"
                    + " !k.startsWith('outboxpipeline.io/'))",
            message =
                "labels that begin with app.kubernetes.io/ or outboxpipeline.io/ are the operator's:"
                    + " Services and Deployments select by them")
        Map<String, String> labels,
    @JsonPropertyDescription("Annotations of the pods.")
        @Default("{}")
        @Size(max = 32)
        @ValidationRule(
            value = "self.all(k, !k.startsWith('outboxpipeline.io/'))",
            message = "annotations that begin with outboxpipeline.io/ are the operator's")
        Map<String, String> annotations,
    @JsonPropertyDescription("Labels that a node must have.") @Default("{}") @Size(max = 32)
        Map<String, String> nodeSelector,
    @JsonPropertyDescription("Taints of nodes that the pods bear.") @Default("[]") @Size(max = 32)
        List<Toleration> tolerations,
    @JsonPropertyDescription("The pods' affinity, as in a Pod's spec.affinity.")
        @Nullable Affinity affinity,
    @JsonPropertyDescription("The pods' priority class.")
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        @Nullable String priorityClassName,
    @JsonPropertyDescription("Names of Secrets with which images are pulled.")
        @Default("[]")
        @Size(max = 16)
        List<String> imagePullSecrets,
    @JsonPropertyDescription(
            "Further environment variables, such as a service's own settings that have no field"
                + " here.")
        @Default("[]")
        @Size(max = 64)
        @ValidationRule(
            value =
                "self.all(e, !(e.name in ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_DATABASE',"
                    + " 'MYSQL_USER', 'MYSQL_PASSWORD', 'SQS_QUEUE', 'SQS_DEAD_LETTER_QUEUE',"
                    + " 'SERVER_PORT', 'SERVER_MANAGEMENT_PORT', 'SERVER_SHUTDOWN_GRACE',"
                    + " 'RELAY_MEMBER', 'RELAY_PARTITIONS', 'RELAY_LEASE_STORE', 'RELAY_PIPELINE', 'POD_NAME',"
                    + " 'POD_UID', 'POD_NAMESPACE', 'TRUST_STORE_PASSWORD', 'RELAY_STORE',"
                    + " 'BASE_STORE', 'DYNAMODB_TABLE', 'DYNAMODB_INDEX', 'DYNAMODB_RELAY_TABLE']))",
            message =
                "env has a variable that the operator sets itself: use the field of the spec that"
                    + " it stands for")
        List<EnvVar> env,
    @JsonPropertyDescription(
            "Secrets and ConfigMaps of which every key is a variable, as in a container's envFrom."
                + " What the operator sets itself comes after them, and so wins.")
        @Default("[]")
        @Size(max = 16)
        List<EnvFromSource> envFrom,
    @JsonPropertyDescription(
            "The pods' security, as in a Pod's spec.securityContext. The operator sets runAsNonRoot"
                + " and seccompProfile where this does not, and no user: the image has one, and"
                + " OpenShift gives each namespace its own.")
        @Nullable PodSecurityContext securityContext,
    @JsonPropertyDescription(
            "Further volumes, as in a Pod's spec.volumes. One called tmp comes instead of the"
                + " operator's at /tmp.")
        @Default("[]")
        @Size(max = 32)
        @ValidationRule(
            value = "self.all(v, v.name != 'trust')",
            message = "the volume trust is the operator's: give yours another name")
        List<Volume> volumes,
    @JsonPropertyDescription(
            "Where they are mounted in the component's container, as in its volumeMounts.")
        @Default("[]")
        @Size(max = 32)
        @ValidationRule(
            value = "self.all(m, !m.mountPath.startsWith('/run/outboxpipeline'))",
            message = "/run/outboxpipeline is the operator's: mount yours elsewhere")
        List<VolumeMount> volumeMounts,
    @JsonPropertyDescription(
            "Containers beside the component's, such as a database's proxy. They start before it and"
                + " end after it: each is an init container with restartPolicy Always.")
        @Default("[]")
        @Size(max = 8)
        @ValidationRule(
            value = "self.all(c, !(c.name in ['base', 'relay', 'consumer', 'migrate']))",
            message =
                "a sidecar needs a name of its own, other than base, relay, consumer, migrate")
        List<Container> sidecars,
    @JsonPropertyDescription(
            "How pods are spread, as in a Pod's spec.topologySpreadConstraints. The operator's own,"
                + " over nodes and over zones, stand unless one here has the same topologyKey; left"
                + " out, labelSelector is the component's pods.")
        @Default("[]")
        @Size(max = 8)
        List<TopologySpreadConstraint> topologySpreadConstraints,
    @JsonPropertyDescription("How names are resolved, as in a Pod's spec.dnsConfig.")
        @Nullable PodDNSConfig dnsConfig) {

  static final PodSpec DEFAULT =
      new PodSpec(
          Map.of(), Map.of(), Map.of(), List.of(), null, null, List.of(), List.of(), List.of(),
          null, List.of(), List.of(), List.of(), List.of(), null);

  public PodSpec {
    labels = labels == null ? Map.of() : Map.copyOf(labels);
    annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
    nodeSelector = nodeSelector == null ? Map.of() : Map.copyOf(nodeSelector);
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
    imagePullSecrets = imagePullSecrets == null ? List.of() : List.copyOf(imagePullSecrets);
    env = env == null ? List.of() : List.copyOf(env);
    envFrom = envFrom == null ? List.of() : List.copyOf(envFrom);
    volumes = volumes == null ? List.of() : List.copyOf(volumes);
    volumeMounts = volumeMounts == null ? List.of() : List.copyOf(volumeMounts);
    sidecars = sidecars == null ? List.of() : List.copyOf(sidecars);
    topologySpreadConstraints =
        topologySpreadConstraints == null ? List.of() : List.copyOf(topologySpreadConstraints);
  }
}
