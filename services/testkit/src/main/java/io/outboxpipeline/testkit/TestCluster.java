package io.outboxpipeline.testkit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real Kubernetes in a container, started once per JVM when first asked for. Thread-safe.
 *
 * <p>Where no Docker engine answers, {@link #get} leaves the calling test out (a JUnit assumption)
 * and says so. {@code K3S_IMAGE} names another image than {@code rancher/k3s}.
 */
public final class TestCluster {
  private static @Nullable TestCluster started;
  private static boolean failed;

  private final K3sContainer container;
  private final String kubeconfig;

  @SuppressWarnings("resource") // lives as long as the JVM
  private TestCluster() {
    String image = System.getenv().getOrDefault("K3S_IMAGE", "rancher/k3s:v1.34.1-k3s1");
    container =
        new K3sContainer(DockerImageName.parse(image).asCompatibleSubstituteFor("rancher/k3s"));
    container.start();
    Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
    kubeconfig = container.getKubeConfigYaml();
  }

  /**
   * The one of this JVM.
   *
   * @throws IllegalStateException if it did not start for an earlier test
   */
  public static synchronized TestCluster get() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      System.out.println("[LEFT OUT] tests on Kubernetes: no Docker engine answers");
      Assumptions.abort("Kubernetes needs a Docker engine, and none answers");
    }
    TestCluster cluster = started;
    if (cluster == null) {
      if (failed) {
        throw new IllegalStateException("the cluster did not start; an earlier test says why");
      }
      failed = true;
      cluster = new TestCluster();
      started = cluster;
      failed = false;
    }
    return cluster;
  }

  /** An administrator's. */
  public String kubeconfig() {
    return kubeconfig;
  }

  /** Where the API server is reached on this machine. */
  public int port() {
    return container.getMappedPort(6443);
  }

  /** The API server hangs: it takes connections, and answers nothing. */
  public void pause() {
    DockerClientFactory.lazyClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  /** Ends {@link #pause}. */
  public void unpause() {
    DockerClientFactory.lazyClient().unpauseContainerCmd(container.getContainerId()).exec();
  }
}
