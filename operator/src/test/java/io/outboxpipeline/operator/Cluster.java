package io.outboxpipeline.operator;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.Crd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * One real Kubernetes with the CRD, shared by all tests of the JVM. Where no Docker engine answers,
 * the calling test is left out, and says so. {@code K3S_IMAGE} names another image.
 */
public final class Cluster {
  private static final AtomicInteger NAMESPACES = new AtomicInteger();
  private static @Nullable Cluster shared;
  private static boolean failed;

  private final K3sContainer container;
  private final KubernetesClient client;

  @SuppressWarnings("resource") // lives as long as the JVM
  private Cluster() {
    String image = System.getenv().getOrDefault("K3S_IMAGE", "rancher/k3s:v1.34.1-k3s1");
    container =
        new K3sContainer(DockerImageName.parse(image).asCompatibleSubstituteFor("rancher/k3s"));
    container.start();
    Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
    client = newClient();
    try {
      client
          .resource(
              Serialization.unmarshal(Files.readString(Crd.FILE), CustomResourceDefinition.class))
          .create();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("outboxpipelines.outboxpipeline.io")
        .waitUntilCondition(
            crd ->
                crd != null
                    && crd.getStatus() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> c.getType().equals("Established") && c.getStatus().equals("True")),
            30,
            TimeUnit.SECONDS);
  }

  /** The shared one. */
  public static synchronized Cluster get() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      System.out.println("[LEFT OUT] a test on Kubernetes: no Docker engine answers");
      Assumptions.abort("needs a Docker engine, and none answers");
    }
    Cluster cluster = shared;
    if (cluster == null) {
      if (failed) {
        throw new IllegalStateException("the cluster did not start; an earlier test says why");
      }
      failed = true;
      cluster = new Cluster();
      shared = cluster;
      failed = false;
    }
    return cluster;
  }

  public KubernetesClient client() {
    return client;
  }

  /** A client of its own, for an operator that closes it. */
  public KubernetesClient newClient() {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(container.getKubeConfigYaml()))
        .build();
  }

  /** A new, empty namespace. */
  public String namespace() {
    String name = "test-" + NAMESPACES.incrementAndGet();
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    return name;
  }

  /** Runs kubectl of the machine; its output, errors too. */
  public String kubectl(String... arguments) {
    try {
      Path config = Files.createTempFile("kubeconfig", ".yaml");
      Files.writeString(config, container.getKubeConfigYaml());
      var command = new ArrayList<String>();
      command.add("kubectl");
      command.add("--kubeconfig=" + config);
      command.addAll(List.of(arguments));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      process.waitFor();
      Files.delete(config);
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A client that reaches the API server through a port of this machine. */
  public KubernetesClient clientThrough(int port) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.fromKubeconfig(container.getKubeConfigYaml()))
                .withMasterUrl("https://127.0.0.1:" + port)
                .build())
        .build();
  }

  /** Where the API server is reached on this machine. */
  public int port() {
    return container.getMappedPort(6443);
  }
}
