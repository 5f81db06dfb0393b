package io.outboxpipeline.kubernetes;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.outboxpipeline.ownership.LeaseTiming;
import io.outboxpipeline.testkit.TestCluster;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The JVM's {@link TestCluster}, as members and administrators reach it. */
final class ApiServer {
  /** The lock of who needs it to answer, and of who lets it hang. */
  static final String RUNS = "the API server runs";

  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private static @Nullable ApiServer shared;

  private final TestCluster cluster;
  private final KubernetesClient client;

  private ApiServer(TestCluster cluster) {
    this.cluster = cluster;
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.kubeconfig()))
            .build();
  }

  /** The shared one. */
  static synchronized ApiServer get() {
    var cluster = TestCluster.get();
    ApiServer server = shared;
    if (server == null) {
      server = new ApiServer(cluster);
      shared = server;
    }
    return server;
  }

  /** Of an administrator. */
  KubernetesClient client() {
    return client;
  }

  /** A new namespace. */
  String namespace() {
    String name = "test-" + NAMESPACES.incrementAndGet();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    return name;
  }

  /** A client as a member has it. */
  KubernetesClient member(LeaseTiming timing) {
    Config config =
        KubernetesLeaseStore.config(Config.fromKubeconfig(cluster.kubeconfig()), timing);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** As members and operators read, little while the pipeline rests. */
  static KubernetesLeaseStore store(KubernetesClient client, String namespace, LeaseTiming timing) {
    return new KubernetesLeaseStore(client, namespace, "spending", Optional.empty(), timing);
  }

  /** The API server hangs: it takes connections, and answers nothing. */
  void pause() {
    cluster.pause();
  }

  void unpause() {
    cluster.unpause();
  }
}
