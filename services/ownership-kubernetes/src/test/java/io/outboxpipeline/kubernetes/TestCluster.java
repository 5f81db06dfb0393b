package io.outboxpipeline.kubernetes;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.outboxpipeline.ownership.LeaseTiming;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real API server, started once per JVM when first asked for; where no Docker engine answers, the
 * calling test is left out and says so. {@code K3S_IMAGE} names another image than {@code
 * rancher/k3s}.
 */
final class TestCluster {

  private static final AtomicInteger NAMESPACES = new AtomicInteger();
  private static @Nullable TestCluster started;

  private final K3sContainer container;
  private final String kubeConfig;
  private final KubernetesClient client;

  @SuppressWarnings("resource") // lives as long as the JVM
  private TestCluster() {
    String image = System.getenv().getOrDefault("K3S_IMAGE", "rancher/k3s:v1.34.1-k3s1");
    container =
        new K3sContainer(DockerImageName.parse(image).asCompatibleSubstituteFor("rancher/k3s"));
    container.start();
    Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
    kubeConfig = container.getKubeConfigYaml();
    client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeConfig)).build();
  }

  static synchronized TestCluster get() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      System.out.println("[LEFT OUT] tests on Kubernetes: no Docker engine answers");
      Assumptions.abort("Kubernetes needs a Docker engine, and none answers");
    }
    if (started == null) {
      started = new TestCluster();
    }
    return started;
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
    Config config = KubernetesLeaseStore.config(Config.fromKubeconfig(kubeConfig), timing);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  static KubernetesLeaseStore store(KubernetesClient client, String namespace) {
    return new KubernetesLeaseStore(client, namespace, "spending", Optional.empty());
  }

  /** The API server hangs: it takes connections, and answers nothing. */
  void pause() {
    DockerClientFactory.lazyClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  void unpause() {
    DockerClientFactory.lazyClient().unpauseContainerCmd(container.getContainerId()).exec();
  }
}
