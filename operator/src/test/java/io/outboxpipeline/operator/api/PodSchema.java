package io.outboxpipeline.operator.api;

import static io.outboxpipeline.operator.api.Crd.Finish.at;
import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What pods may be given as Kubernetes has it, trimmed to what makes sense there: whole, it would
 * make the CRD larger than a plain apply takes.
 */
final class PodSchema {
  /** Fields of Kubernetes' own types, whose words are Kubernetes'. */
  static final Set<String> KUBERNETES =
      Set.of(
          "affinity",
          "envFrom",
          "securityContext",
          "volumes",
          "volumeMounts",
          "sidecars",
          "topologySpreadConstraints",
          "dnsConfig",
          "extraIngress",
          "extraEgress");

  private static final Set<String> VOLUME =
      Set.of(
          "name", "configMap", "csi", "emptyDir", "persistentVolumeClaim", "projected", "secret");

  private static final Set<String> CONTAINER =
      Set.of(
          "name",
          "image",
          "imagePullPolicy",
          "command",
          "args",
          "env",
          "envFrom",
          "ports",
          "resources",
          "volumeMounts",
          "securityContext",
          "startupProbe",
          "livenessProbe",
          "readinessProbe");

  private PodSchema() {}

  /** Whether it is the way to a thousand fields of Kubernetes' own. */
  static boolean isKubernetes(String path) {
    return KUBERNETES.contains(path.substring(path.lastIndexOf('.') + 1));
  }

  /**
   * Trims, and has a key that is given twice refused here, in words, and not when the Deployment is
   * applied.
   */
  static void finish(JSONSchemaProps pod) {
    key(at(pod, "env"), "name");
    Crd.Finish.whole(at(pod, "affinity"));
    Crd.Finish.whole(at(pod, "securityContext"));
    Crd.Finish.whole(at(pod, "dnsConfig"));
    at(pod, "imagePullSecrets").setXKubernetesListType("set");

    keep(items(at(pod, "volumes")), VOLUME);
    key(at(pod, "volumes"), "name");
    at(items(at(pod, "volumes")), "emptyDir", "sizeLimit").setPattern(Crd.QUANTITY);
    key(at(pod, "volumeMounts"), "mountPath");
    require(items(at(pod, "volumeMounts")), "name");
    key(at(pod, "topologySpreadConstraints"), "topologyKey");

    JSONSchemaProps sidecar = items(at(pod, "sidecars"));
    keep(sidecar, CONTAINER);
    key(at(pod, "sidecars"), "name");
    require(sidecar, "image");
    key(at(sidecar, "env"), "name");
    key(at(sidecar, "volumeMounts"), "mountPath");
    key(at(sidecar, "ports"), "containerPort");
    bound(pod);
  }

  private static void keep(JSONSchemaProps object, Set<String> fields) {
    object.getProperties().keySet().retainAll(fields);
  }

  private static void key(JSONSchemaProps list, String field) {
    list.setXKubernetesListType("map");
    list.setXKubernetesListMapKeys(List.of(field));
    require(items(list), field);
  }

  private static void require(JSONSchemaProps object, String field) {
    if (object.getRequired() == null || !object.getRequired().contains(field)) {
      object.setRequired(
          Stream.concat(
                  object.getRequired() == null ? Stream.empty() : object.getRequired().stream(),
                  Stream.of(field))
              .sorted()
              .toList());
    }
  }

  /** Rules are only taken over what has bounds. */
  private static void bound(JSONSchemaProps pod) {
    at(items(at(pod, "volumes")), "name").setMaxLength(63L);
    at(items(at(pod, "sidecars")), "name").setMaxLength(63L);
    at(items(at(pod, "volumeMounts")), "mountPath").setMaxLength(512L);
  }

  private static JSONSchemaProps items(JSONSchemaProps list) {
    return requireNonNull(list.getItems().getSchema(), "items");
  }

  /**
   * Writes each field of Kubernetes' own types on one line. So deep in the tree, half of their
   * characters are indentation, and nobody reads them there.
   */
  static String fold(String crd) {
    var folded = new StringBuilder();
    List<String> lines = crd.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int indent = indent(line);
      String name = line.strip().replaceFirst(":$", "");
      int end = i + 1;
      while (end < lines.size() && indent(lines.get(end)) > indent) {
        end++;
      }
      folded.append(line);
      if (line.endsWith(":") && KUBERNETES.contains(name) && end > i + 1) {
        Object content =
            Serialization.unmarshal(String.join("\n", lines.subList(i + 1, end)), Map.class);
        folded.append(' ').append(Serialization.asJson(content));
        i = end - 1;
      }
      folded.append('\n');
    }
    return folded.toString();
  }

  private static int indent(String line) {
    return line.length() - line.stripLeading().length();
  }
}
