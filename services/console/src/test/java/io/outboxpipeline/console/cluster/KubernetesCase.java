package io.outboxpipeline.console.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.outboxpipeline.testkit.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A real API server with the CRD. */
final class KubernetesCase {
  private static final Path CRD =
      Path.of("..", "..", "crds", "outboxpipelines.outboxpipeline.io-v1.yml");

  private KubernetesCase() {}

  /** A client of an administrator's, which the caller closes. */
  static synchronized KubernetesClient client() throws IOException {
    TestCluster cluster = TestCluster.get();
    cluster.define(Files.readString(CRD));
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
        .build();
  }

  static void namespace(KubernetesClient client, String name) {
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  static void pipeline(KubernetesClient client, String namespace, String name) {
    String yaml =
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: %s, namespace: %s}
        spec:
          database: {host: mysql, name: %s, credentials: {secretName: database}}
          queue: {name: %s.fifo}
        """
            .formatted(name, namespace, name, name);
    client.resource(yaml).create();
  }

  /** A pod that no node runs, with the status that one would give it. */
  static void pod(
      KubernetesClient client, String namespace, String pipeline, String component, String ip) {
    String name = pipeline + "-" + component + "-" + ip.replace('.', '-');
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .withLabels(
                Map.of(
                    "app.kubernetes.io/managed-by", "outboxpipeline",
                    "app.kubernetes.io/component", component,
                    "outboxpipeline.io/pipeline", pipeline))
            .endMetadata()
            .withNewSpec()
            .withNodeSelector(Map.of("nowhere", "here"))
            .addNewContainer()
            .withName(component)
            .withImage("none")
            .addNewPort()
            .withName("http")
            .withContainerPort(component.equals("relay") ? 8082 : 8083)
            .endPort()
            .endContainer()
            .endSpec()
            .build();
    if (!component.equals("relay")) {
      pod.getSpec()
          .getContainers()
          .getFirst()
          .getPorts()
          .add(
              new io.fabric8.kubernetes.api.model.ContainerPort(
                  9083, null, null, "management", "TCP"));
    }
    client.resource(pod).create();
    // Whatever version it has: the scheduler writes to it, too.
    client
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"phase\":\"Running\",\"podIP\":\"%1$s\",\"podIPs\":[{\"ip\":\"%1$s\"}]}}"
                .formatted(ip));
  }
}
