package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * What tells this cluster from others that share an account of AWS.
 *
 * @param id not empty
 * @param isGiven whether the settings said it; else it is the cluster's own
 */
record ClusterId(String id, boolean isGiven) {

  /**
   * As the settings say, else the uid of the namespace kube-system, which no two clusters share.
   *
   * @throws IllegalStateException if neither is known
   */
  static ClusterId of(String setting, KubernetesClient client) {
    if (!setting.isEmpty()) {
      return new ClusterId(setting, true);
    }
    Namespace system = client.namespaces().withName("kube-system").get();
    if (system == null) {
      throw new IllegalStateException(
          "there is no namespace kube-system, whose uid would name the cluster: set"
              + " OPERATOR_CLUSTER");
    }
    return new ClusterId(system.getMetadata().getUid(), false);
  }
}
