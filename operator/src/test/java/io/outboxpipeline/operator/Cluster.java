package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.outboxpipeline.operator.api.Crd;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The JVM's {@link TestCluster} with the CRD, shared by all tests. */
public final class Cluster {
  /**
   * The lock of who runs an operator for all namespaces, or makes pipelines that none shall see.
   */
  static final String PIPELINES = "pipelines of the test cluster";

  private static final AtomicInteger NAMESPACES = new AtomicInteger();
  private static @Nullable Cluster shared;

  private final TestCluster server;
  private final KubernetesClient client;

  private Cluster(TestCluster server) {
    this.server = server;
    client = newClient();
    try {
      server.define(Files.readString(Crd.FILE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The shared one. */
  public static synchronized Cluster get() {
    var server = TestCluster.get();
    Cluster cluster = shared;
    if (cluster == null) {
      cluster = new Cluster(server);
      shared = cluster;
    }
    return cluster;
  }

  public KubernetesClient client() {
    return client;
  }

  /** A client of its own, for an operator that closes it. */
  public KubernetesClient newClient() {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(server.kubeconfig()))
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
      Files.writeString(config, server.kubeconfig());
      var all = new ArrayList<String>(List.of("--kubeconfig=" + config));
      all.addAll(List.of(arguments));
      Command.Result result = Program.KUBECTL.run("", all);
      Files.delete(config);
      return result.output() + result.errors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client that reaches the API server through a port of this machine. */
  public KubernetesClient clientThrough(int port) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.fromKubeconfig(server.kubeconfig()))
                .withMasterUrl("https://127.0.0.1:" + port)
                .build())
        .build();
  }

  /** Where the API server is reached on this machine. */
  public int port() {
    return server.port();
  }
}
