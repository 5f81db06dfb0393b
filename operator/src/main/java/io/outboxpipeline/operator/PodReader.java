package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.status.PodTroubles;
import io.outboxpipeline.operator.status.Trouble;
import java.util.EnumMap;
import java.util.Map;

/** Looks at the pods of rollouts that are not complete; pods that run are nobody's business. */
final class PodReader {
  private PodReader() {}

  static Map<Component, Trouble> troubles(
      Map<Component, Deployment> deployments, KubernetesClient client) {
    var troubles = new EnumMap<Component, Trouble>(Component.class);
    deployments.forEach(
        (component, deployment) -> {
          if (PodTroubles.isUnfinished(deployment)) {
            var pods =
                client
                    .pods()
                    .inNamespace(deployment.getMetadata().getNamespace())
                    .withLabels(deployment.getSpec().getSelector().getMatchLabels())
                    .list()
                    .getItems();
            PodTroubles.of(deployment, pods).ifPresent(t -> troubles.put(component, t));
          }
        });
    return troubles;
  }
}
