package io.outboxpipeline.helm;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.OperatorService;
import io.outboxpipeline.operator.OperatorSettings;
import io.outboxpipeline.runtime.Settings;
import io.outboxpipeline.testkit.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;

/**
 * The chart installed for one namespace of pipelines, and the operator in this JVM in the place of
 * its pod: with the environment and the account of its Deployment, and no other rights.
 */
final class RunningOperator implements AutoCloseable {
  private final Cluster cluster;
  private final String namespace;
  private final String pipelines;
  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  private final OperatorService operator;

  /** Both namespaces are made; the account is in the first. */
  RunningOperator(Cluster cluster, String namespace, String pipelines) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.pipelines = pipelines;
    cluster.namespace(pipelines);
    cluster.helm(
        "install",
        Chart.RELEASE,
        Chart.FOLDER.toString(),
        "--namespace=" + namespace,
        "--create-namespace",
        "--set=watchNamespaces={" + pipelines + "}",
        "--set=replicas=0");
    operator = start();
  }

  private OperatorService start() {
    var environment = new HashMap<String, String>();
    JsonNode deployment =
        cluster.get("deployment", "outboxpipeline-operator", "--namespace=" + namespace);
    deployment
        .at("/spec/template/spec/containers/0/env")
        .forEach(v -> environment.put(v.path("name").asText(), v.path("value").asText()));
    environment.put("POD_NAME", "operator-0");
    environment.put("POD_NAMESPACE", namespace);
    environment.put("SERVER_PORT", "0");
    String account = deployment.at("/spec/template/spec/serviceAccountName").asText();
    try {
      Path kubeconfig = Files.createTempFile("kubeconfig", ".yaml");
      Files.writeString(kubeconfig, cluster.kubeconfig(namespace, account));
      System.setProperty("kubeconfig", kubeconfig.toString());
      try {
        return OperatorService.start(OperatorSettings.read(Settings.of(environment)));
      } finally {
        System.clearProperty("kubeconfig");
        Files.delete(kubeconfig);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Applies a pipeline with all components, named orders. */
  void pipeline() {
    cluster
        .run(
            Program.KUBECTL,
            pipeline(pipelines, sqs.endpoint()),
            "apply",
            "--server-side",
            "--namespace=" + pipelines,
            "-f",
            "-")
        .orFail();
  }

  /** What Prometheus would read. */
  String scrape() {
    return scrape(operator.port());
  }

  static String scrape(int port) {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Nothing of the release or its pipelines is left, the CRD neither. */
  @Override
  public void close() {
    operator.close();
    sqs.close();
    String in = "--namespace=" + pipelines;
    cluster.run(
        Program.KUBECTL, "", "delete", "obp", "orders", "--ignore-not-found", "--wait=false", in);
    // Nobody is left who would end it.
    cluster.run(
        Program.KUBECTL,
        "",
        "patch",
        "obp",
        "orders",
        in,
        "--type=merge",
        "--patch={\"metadata\":{\"finalizers\":null}}");
    // No kubelet runs a hook's pod.
    cluster.helm("uninstall", Chart.RELEASE, "--no-hooks", "--namespace=" + namespace);
    cluster.kubectl("delete", "crd", "outboxpipelines.outboxpipeline.io");
    cluster.kubectl("delete", "namespace", namespace, pipelines, "--wait=false");
  }

  private static String pipeline(String queue, URI sqs) {
    return """
      apiVersion: v1
      kind: Secret
      metadata: {name: database}
      stringData: {username: u, password: p}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: aws}
      stringData: {accessKeyId: x, secretAccessKey: x}
      ---
      apiVersion: outboxpipeline.io/v1alpha1
      kind: OutboxPipeline
      metadata: {name: orders}
      spec:
        database: {host: mysql, name: orders, credentials: {secretName: database}}
        queue:
          name: %s.fifo
          region: elasticmq
          endpoint: %s
          credentials: {secretName: aws}
          deletionPolicy: Delete
        base: {}
        consumer:
          database: {host: mysql, name: accounts, credentials: {secretName: database}}
        deletion: {drainTimeout: 1s}
      """
        .formatted(queue, sqs);
  }
}
