package io.outboxpipeline.console.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.cluster.ClusterPipelines.Tokens;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.runtime.Secret;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ClusterPipelinesIT {
  private static final Tokens TOKENS =
      new Tokens(Optional.of(new Secret("relays'")), Optional.of(new Secret("consumers'")));

  @Test
  void pipelines_and_pods_are_known_while_they_are_there_and_those_of_other_namespaces_never()
      throws IOException {
    try (KubernetesClient client = KubernetesCase.client()) {
      for (String namespace : List.of("found-shop", "found-other")) {
        KubernetesCase.namespace(client, namespace);
        KubernetesCase.pipeline(client, namespace, "orders");
      }
      KubernetesCase.pod(client, "found-shop", "orders", "relay", "10.1.0.2");
      KubernetesCase.pod(client, "found-shop", "orders", "relay", "10.1.0.1");
      KubernetesCase.pod(client, "found-shop", "orders", "consumer", "10.1.0.3");
      KubernetesCase.pod(client, "found-other", "orders", "relay", "10.1.0.4");
      try (var pipelines = new ClusterPipelines(client, Set.of("found-shop"), TOKENS)) {
        PipelineSettings orders = pipelines.get().getFirst();
        assertThat(pipelines.get()).hasSize(1);
        assertThat(orders.name()).isEqualTo("found-shop.orders");
        assertThat(orders.resource()).isEqualTo("orders");
        assertThat(orders.relays())
            .extracting(Endpoint::name)
            .containsExactly("10.1.0.1:8082", "10.1.0.2:8082");
        assertThat(orders.consumers())
            .singleElement()
            .satisfies(
                c -> {
                  assertThat(c.name()).as("management").isEqualTo("10.1.0.3:9083");
                  assertThat(c.token()).isEqualTo(TOKENS.consumer());
                });

        client
            .pods()
            .inNamespace("found-shop")
            .withName("orders-relay-10-1-0-2")
            .withGracePeriod(0)
            .delete();
        await().until(() -> pipelines.get().getFirst().relays().size() == 1);
        KubernetesCase.pipeline(client, "found-shop", "returns");
        await().until(() -> pipelines.get().size() == 2);
      }
    }
  }
}
