package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.runtime.ServerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Many pipelines in one operator, and two operators of which one works. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class ManyPipelinesIT {
  private static final int PIPELINES = 200;
  private static final String WRITES = "outboxpipeline_operator_writes_total";
  private static final String RECONCILES =
      "operator_sdk_controllers_execution_reconcile_seconds_count";

  @BeforeAll
  static void alone() {
    Running.end();
  }

  private final Cluster cluster = Cluster.get();
  private final KubernetesClient client = cluster.client();

  @Test
  void two_hundred_pipelines_are_run_by_one_operator_that_rests_when_nothing_changes() {
    String namespace = namespace();
    try (var sqs = EmbeddedSqs.start(0);
        var operator =
            OperatorService.start(
                settings(namespace, Optional.empty(), Duration.ofMinutes(5)),
                cluster.newClient())) {
      long start = System.nanoTime();
      for (int i = 0; i < PIPELINES; i++) {
        create(namespace, "many-" + i, sqs.endpoint());
      }
      await()
          .pollInterval(Duration.ofSeconds(1))
          .untilAsserted(() -> assertThat(ready(namespace)).isEqualTo(PIPELINES));
      Duration all = Duration.ofNanos(System.nanoTime() - start);

      await().during(Duration.ofSeconds(8)).until(new Unchanged(() -> metric(operator, WRITES)));
      double writes = metric(operator, WRITES);
      double before = metric(operator, RECONCILES);
      long touched = System.nanoTime();
      client
          .secrets()
          .inNamespace(namespace)
          .withName("all")
          .edit(
              x ->
                  new SecretBuilder(x)
                      .editMetadata()
                      .addToLabels("touched", "yes")
                      .endMetadata()
                      .build());
      await()
          .pollInterval(Duration.ofMillis(50))
          .until(() -> metric(operator, RECONCILES) >= before + PIPELINES);
      System.out.printf(
          "%d pipelines: made in %d ms; all reconciled with nothing to do in %d ms%n",
          PIPELINES, all.toMillis(), Duration.ofNanos(System.nanoTime() - touched).toMillis());
      assertThat(metric(operator, WRITES)).isEqualTo(writes);
      assertThat(before).as("no reconciles for nothing").isLessThan(PIPELINES * 15.0);

      long changed = System.nanoTime();
      client
          .resources(OutboxPipeline.class)
          .inNamespace(namespace)
          .withName("many-77")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"relay\":{\"concurrency\":5}}}");
      await()
          .pollInterval(Duration.ofMillis(20))
          .until(
              () ->
                  "5"
                      .equals(
                          client
                              .configMaps()
                              .inNamespace(namespace)
                              .withName("many-77-relay")
                              .require()
                              .getData()
                              .get("RELAY_CONCURRENCY")));
      System.out.printf(
          "one change among %d: applied after %d ms%n",
          PIPELINES, Duration.ofNanos(System.nanoTime() - changed).toMillis());
    }
  }

  @Test
  @SuppressWarnings("try") // closed early, on purpose
  void of_two_operators_one_works_and_the_other_takes_over_and_both_keep_to_their_namespaces() {
    String namespace = namespace();
    String foreign = namespace();
    try (var sqs = EmbeddedSqs.start(0);
        var first = elected(namespace, "first")) {
      await().until(() -> metric(first, "outboxpipeline_operator_leader") == 1);
      try (var second = elected(namespace, "second")) {
        create(foreign, "foreign", sqs.endpoint());
        create(namespace, "one", sqs.endpoint());
        await().until(() -> ready(namespace) == 1);
        assertThat(metric(second, "outboxpipeline_operator_leader")).isZero();
        assertThat(metric(second, WRITES)).isZero();
        first.close();
        create(namespace, "two", sqs.endpoint());
        await().until(() -> ready(namespace) == 2);
        assertThat(metric(second, "outboxpipeline_operator_leader")).isEqualTo(1);
        assertThat(ready(foreign)).isZero();
      }
    }
  }

  private OperatorService elected(String namespace, String identity) {
    return OperatorService.start(
        settings(
            namespace,
            Optional.of(new OperatorSettings.Election(namespace, "operator", identity)),
            Duration.ofMinutes(5)),
        cluster.newClient());
  }

  private static OperatorSettings settings(
      String namespace, Optional<OperatorSettings.Election> election, Duration resync) {
    return new OperatorSettings(
        ServerSettings.local(0),
        Set.of(namespace),
        new Images("example/base:1", "example/relay:1", "example/consumer:1", "example/console:1"),
        election,
        "",
        QueueRules.NONE,
        resync,
        Duration.ofSeconds(10),
        10);
  }

  private String namespace() {
    String namespace = cluster.namespace();
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("all")
                .withNamespace(namespace)
                .endMetadata()
                .withStringData(
                    Map.of(
                        "username",
                        "u",
                        "password",
                        "p",
                        "accessKeyId",
                        "i",
                        "secretAccessKey",
                        "s"))
                .build())
        .create();
    return namespace;
  }

  private void create(String namespace, String name, URI sqs) {
    client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: outboxpipeline.io/v1alpha1
                kind: OutboxPipeline
                metadata: {name: %s}
                spec:
                  database: {host: mysql, name: "%s", credentials: {secretName: all}}
                  queue: {name: %s.fifo, region: eu-central-1, endpoint: "%s", credentials: {secretName: all}}
                  relay: {replicas: 0}
                """
                    .formatted(name, name, name, sqs),
                OutboxPipeline.class))
        .inNamespace(namespace)
        .create();
  }

  /** Those whose queue is there, and whose Deployment was seen by its controller. */
  private long ready(String namespace) {
    return client.resources(OutboxPipeline.class).inNamespace(namespace).list().getItems().stream()
        .filter(
            p ->
                p.status()
                        .condition("QueueReady")
                        .filter(c -> c.getStatus().equals("True"))
                        .isPresent()
                    && p.status()
                        .condition("RelayAvailable")
                        .filter(c -> c.getReason().equals("ScaledToZero"))
                        .isPresent())
        .count();
  }

  private static double metric(OperatorService operator, String name) {
    try {
      String body =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + operator.port() + "/metrics"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return body.lines()
          .filter(l -> l.startsWith(name))
          .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Whether a number is what it was when asked last. */
  private static final class Unchanged implements Callable<Boolean> {
    private final DoubleSupplier number;
    private double last = -1;

    Unchanged(DoubleSupplier number) {
      this.number = number;
    }

    @Override
    public Boolean call() {
      double now = number.getAsDouble();
      boolean same = now == last;
      last = now;
      return same;
    }
  }
}
