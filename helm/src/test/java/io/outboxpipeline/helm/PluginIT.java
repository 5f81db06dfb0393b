package io.outboxpipeline.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.base.BaseService;
import io.outboxpipeline.base.BaseSettings;
import io.outboxpipeline.consumer.ConsumerService;
import io.outboxpipeline.consumer.ConsumerSettings;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.relay.RelayService;
import io.outboxpipeline.relay.RelaySettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.Program;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * `kubectl outbox` on a real API server, with a real relay and a real consumer. They run outside of
 * the cluster, so that kubectl's forwarding of ports leads to them.
 */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.CRD)
@NullUnmarked // what is missing fails the test
final class PluginIT {
  private static final String TOKEN = "a-token-of-the-tests";
  private static final Path PLUGIN =
      Path.of("..", "operator", "kubectl-outbox").toAbsolutePath().normalize();

  @TempDir private static Path folder;
  private static Cluster cluster;
  private static EmbeddedSqs sqs;
  private static BaseService base;
  private static RelayService relay;
  private static ConsumerService consumer;

  @BeforeAll
  static void start() throws IOException {
    cluster = Cluster.get();
    cluster.apply(Chart.read(Chart.CRD));
    cluster.established(crd());
    cluster.namespace("plugin");
    cluster.apply(
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: admin, namespace: plugin}
        stringData: {my.token: %s}
        ---
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: orders, namespace: plugin}
        spec:
          database: {host: mysql, name: orders, credentials: {secretName: database}}
          queue: {name: orders.fifo}
          base: {replicas: 3}
          relay: {adminToken: {secretName: admin, key: my.token}}
          consumer:
            database: {host: mysql, name: copy, credentials: {secretName: database}}
            adminToken: {secretName: admin, key: my.token}
        """
            .formatted(TOKEN));
    System.setProperty("aws.accessKeyId", "x");
    System.setProperty("aws.secretAccessKey", "x");
    Database written = TestDatabase.MARIADB.create();
    Database applied = TestDatabase.MARIADB.create();
    sqs = EmbeddedSqs.start(0);
    var more = Map.of("ADMIN_TOKEN", TOKEN);
    // Makes the outbox.
    base = BaseService.start(BaseSettings.read(MetricsIT.settings(written, sqs, Map.of())));
    consumer = ConsumerService.start(ConsumerSettings.read(MetricsIT.settings(applied, sqs, more)));
    relay = RelayService.start(RelaySettings.read(MetricsIT.settings(written, sqs, more)));
    Path kubectl = folder.resolve("kubectl");
    Files.writeString(
        kubectl,
        """
        #!/bin/sh
        forward=
        for word; do
          case $word in
            port-forward) forward=yes ;;
            deployment/orders-relay) port=%s ;;
            deployment/orders-consumer) port=%s ;;
          esac
        done
        if [ -n "$forward" ]; then
          echo "Forwarding from 127.0.0.1:$port -> 1"
          exec sleep 600
        fi
        exec '%s' "$@"
        """
            .formatted(relay.port(), consumer.port(), Program.KUBECTL.path()));
    assertThat(kubectl.toFile().setExecutable(true)).isTrue();
  }

  private static String crd() {
    return "outboxpipelines.outboxpipeline.io";
  }

  @AfterAll
  static void end() {
    base.close();
    relay.close();
    consumer.close();
    sqs.close();
    cluster.kubectl("delete", "crd", crd(), "--ignore-not-found");
  }

  @Test
  void it_tells_and_stops_and_starts() throws Exception {
    status("{\"relay\":{\"backlog\":{\"events\":0},\"partitions\":{\"summary\":\"64/64\"}}}");
    assertThat(outbox("status").output()).contains("orders");
    assertThat(outbox("status", "orders").output()).contains("orders");
    assertThat(outbox("owners", "orders").output()).contains("64/64 partitions are owned");
    outbox("pause", "orders");
    assertThat(pipeline().at("/spec/paused").asBoolean()).isTrue();
    assertThat(outbox("drain", "orders", "1").errors()).contains("is paused");
    outbox("resume", "orders");
    assertThat(pipeline().at("/spec/paused").asBoolean()).isFalse();
    status("{\"relay\":{\"backlog\":{\"events\":5}}}");
    Result held = outbox("drain", "orders", "1");
    assertThat(held.errors()).contains("5 events are left");
    assertThat(held.output()).contains("\"replicas\":3");
    assertThat(pipeline().at("/spec/base/replicas").asInt()).isZero();
  }

  @Test
  void decisions_reach_relay_and_consumer() throws Exception {
    await()
        .untilAsserted(
            () -> {
              Result problems = outbox("problems", "orders");
              assertThat(problems.errors()).isEmpty();
              assertThat(problems.output())
                  .contains("Held at the relay", "Waiting for", "Rejected", "given out twice");
            });
    assertThat(outbox("retry", "orders", "0199-no").errors()).contains("the relay answered 404");
    assertThat(outbox("discard", "orders", "../x").errors()).contains("is no event's id");
    // Understood, and answered by what the database knows of it.
    assertThat(outbox("skip", "orders", "a \"type\"", "b\\c", "7").errors())
        .containsPattern("the consumer answered 40[49]");
    assertThat(outbox("retry-rejected", "orders", "t", "i", "7", "/s").errors())
        .containsPattern("the consumer answered 40[49]");
    assertThat(outbox("skip", "orders", "t", "i", "seven").errors()).contains("is no number");
    assertThat(outbox("retry", "nothing", "1").exit()).isNotZero();
  }

  @Test
  void what_it_is_told_wrongly_it_refuses() throws Exception {
    assertThat(outbox("explode", "orders").exit()).isEqualTo(2);
    assertThat(outbox("retry", "orders").exit()).isEqualTo(2);
    assertThat(outbox("--help").output()).contains("discard-rejected");
  }

  private static com.fasterxml.jackson.databind.JsonNode pipeline() {
    return cluster.get("outboxpipeline", "orders", "--namespace=plugin");
  }

  private static void status(String status) {
    cluster.kubectl(
        "patch",
        "outboxpipeline",
        "orders",
        "--namespace=plugin",
        "--subresource=status",
        "--type=merge",
        "--patch={\"status\":" + status + "}");
  }

  private record Result(int exit, String output, String errors) {}

  private static Result outbox(String... words) throws Exception {
    var command =
        new ArrayList<String>(
            List.of(PLUGIN.toString(), "-n", "plugin", "--kubeconfig", cluster.config()));
    command.addAll(List.of(words));
    Path output = Files.createTempFile(folder, "output", "");
    Path errors = Files.createTempFile(folder, "errors", "");
    var builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    builder.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
    int exit = builder.start().waitFor();
    return new Result(
        exit,
        Files.readString(output, StandardCharsets.UTF_8),
        Files.readString(errors, StandardCharsets.UTF_8));
  }
}
