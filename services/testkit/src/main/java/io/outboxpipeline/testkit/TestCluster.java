package io.outboxpipeline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.k3s.K3sContainer;

/**
 * A real Kubernetes in a container, started once per JVM when first asked for. Thread-safe.
 *
 * <p>Where no Docker engine answers or has no {@link TestImage#K3S}, {@link #get} leaves the
 * calling test out (a JUnit assumption) and says so.
 */
public final class TestCluster {
  private static @Nullable TestCluster started;
  private static boolean failed;

  private final K3sContainer container;
  private final String kubeconfig;

  @SuppressWarnings("resource") // lives as long as the JVM
  private TestCluster() {
    container = new K3sContainer(TestImage.K3S.of());
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
    TestImage.K3S.need("tests on Kubernetes");
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

  /**
   * Applies a definition of a resource, and waits until the API server knows the resource. A
   * definition that is there is brought up to date.
   *
   * @param yaml of one CustomResourceDefinition
   */
  public synchronized void define(String yaml) {
    String file = "/tmp/definition.yaml";
    container.copyFileToContainer(Transferable.of(yaml), file);
    kubectl("apply", "--server-side", "--force-conflicts", "-f", file);
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", file);
  }

  private void kubectl(String... arguments) {
    String[] command =
        Stream.concat(Stream.of("kubectl"), Stream.of(arguments)).toArray(String[]::new);
    try {
      var done = container.execInContainer(command);
      if (done.getExitCode() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + done.getStderr());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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
