package io.outboxpipeline.operator;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.api.PartitionsStatus;
import io.outboxpipeline.operator.api.RelayStatus;
import io.outboxpipeline.ownership.LeaseTiming;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;

/**
 * What tests of pipelines do: in a namespace of each test's own, with the secrets that it needs.
 */
abstract class PipelineCase {
  static final LeaseTiming TIMING =
      new LeaseTiming(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(300));

  /** Names no version, so that it can't conflict with what controllers write meanwhile. */
  static final PatchContext STRATEGIC_MERGE = PatchContext.of(PatchType.STRATEGIC_MERGE);

  final Cluster cluster = Cluster.get();
  final KubernetesClient client = cluster.client();

  String namespace = "";

  /** Where the queues are. */
  abstract URI sqs();

  /** The operator. */
  abstract OperatorService operator();

  @BeforeEach
  void makeNamespace() {
    namespace = cluster.namespace();
    secret("database", Map.of("username", "me", "password", "secret"));
    secret("aws", Map.of("accessKeyId", "id", "secretAccessKey", "key"));
  }

  static final String NOWHERE = "pod: {nodeSelector: {nowhere: here}}";

  static final String CONSUMER =
      "consumer: {replicas: 1, database: {host: mysql, name: copy, credentials: {secretName:"
          + " database}}, "
          + NOWHERE
          + "}";

  void create(String name, String... parts) {
    client.resource(pipeline(name, parts)).inNamespace(namespace).create();
  }

  /** Parts are of the relay unless they name another field; deletionPolicy is the queue's. */
  OutboxPipeline pipeline(String name, String... parts) {
    return pipelineOn(name, name, parts);
  }

  /** On this database, which else is named like the pipeline. */
  OutboxPipeline pipelineOn(String database, String name, String... parts) {
    var relay = new ArrayList<String>(List.of(NOWHERE));
    var spec = new ArrayList<String>();
    String policy = "";
    for (String part : parts) {
      if (part.matches("(base|consumer|console|deletion): .*")) {
        spec.add(part);
      } else if (part.startsWith("deletionPolicy")) {
        policy = ", " + part;
      } else {
        relay.add(part);
      }
    }
    String yaml =
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: %s}
        spec:
          database: {host: mysql, name: "%s", credentials: {secretName: database}}
          queue: {name: %s.fifo, region: eu-central-1, endpoint: "%s", credentials: {secretName: aws}%s}
          relay: {%s}
          %s
        """
            .formatted(
                name,
                database,
                name,
                sqs(),
                policy,
                String.join(", ", relay),
                String.join("\n  ", spec));
    return Serialization.unmarshal(yaml, OutboxPipeline.class);
  }

  void secret(String name, Map<String, String> data) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withStringData(data)
                .build())
        .createOr(NonDeletingOperation::update);
  }

  Resource<OutboxPipeline> pipelines(String name) {
    return client.resources(OutboxPipeline.class).inNamespace(namespace).withName(name);
  }

  void edit(String name, String mergePatch) {
    pipelines(name).patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
  }

  /** Makes the operator look without changing what is wanted. */
  void touch(String name) {
    edit(name, "{\"metadata\":{\"annotations\":{\"example.com/touched\":\"yes\"}}}");
    client
        .secrets()
        .inNamespace(namespace)
        .withName("database")
        .edit(
            s ->
                new SecretBuilder(s)
                    .editMetadata()
                    .addToLabels("touched", "yes")
                    .endMetadata()
                    .build());
  }

  Deployment deployment(String name) {
    return client.apps().deployments().inNamespace(namespace).withName(name).require();
  }

  Map<String, String> settingsOf(String name) {
    return client.configMaps().inNamespace(namespace).withName(name).require().getData();
  }

  String digest(String deployment) {
    return String.valueOf(
        deployment(deployment)
            .getSpec()
            .getTemplate()
            .getMetadata()
            .getAnnotations()
            .get("outboxpipeline.io/settings"));
  }

  List<HasMetadata> found(String pipeline) {
    var all = new ArrayList<HasMetadata>();
    var of = Map.of("outboxpipeline.io/pipeline", pipeline);
    all.addAll(client.configMaps().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(client.services().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(client.serviceAccounts().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(client.apps().deployments().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(client.rbac().roles().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(
        client.rbac().roleBindings().inNamespace(namespace).withLabels(of).list().getItems());
    all.addAll(
        client
            .network()
            .v1()
            .networkPolicies()
            .inNamespace(namespace)
            .withLabels(of)
            .list()
            .getItems());
    all.addAll(
        client
            .policy()
            .v1()
            .podDisruptionBudget()
            .inNamespace(namespace)
            .withLabels(of)
            .list()
            .getItems());
    return all;
  }

  List<String> objects(String pipeline) {
    return found(pipeline).stream()
        .map(o -> o.getKind() + "/" + o.getMetadata().getName())
        .toList();
  }

  Map<String, String> versions(String pipeline) {
    var versions = new TreeMap<String, String>();
    found(pipeline)
        .forEach(
            o ->
                versions.put(
                    o.getKind() + "/" + o.getMetadata().getName(),
                    o instanceof Deployment || o.getKind().equals("PodDisruptionBudget")
                        ? "generation " + o.getMetadata().getGeneration()
                        : o.getMetadata().getResourceVersion()));
    // But for the annotation that the test itself sets.
    versions.put("pipeline", String.valueOf(status(pipeline)));
    return versions;
  }

  OutboxPipelineStatus status(String name) {
    return pipelines(name).require().status();
  }

  PartitionsStatus partitions(String name) {
    RelayStatus relay = requireNonNull(status(name).relay());
    return requireNonNull(relay.partitions());
  }

  String condition(String name, String type) {
    return status(name).condition(type).map(c -> c.getStatus() + " " + c.getReason()).orElse("");
  }

  String message(String name, String type) {
    return status(name).condition(type).map(Condition::getMessage).orElse("");
  }

  String transition(String name, String type) {
    return status(name).condition(type).map(Condition::getLastTransitionTime).orElse("");
  }

  Set<String> events(String name) {
    return client.v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(e -> e.getInvolvedObject().getName().equals(name))
        .filter(e -> e.getInvolvedObject().getKind().equals("OutboxPipeline"))
        .map(Event::getReason)
        .collect(Collectors.toSet());
  }

  List<Pod> pods(String pipeline) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel("outboxpipeline.io/pipeline", pipeline)
        .list()
        .getItems();
  }

  void makeReady(Pod pod) {
    FakeKubelet.ready(client, pod);
  }

  List<String> queueNames() {
    try (var queues = TestQueues.client(sqs())) {
      return queues.listQueues().queueUrls().stream()
          .map(u -> u.substring(u.lastIndexOf('/') + 1))
          .toList();
    }
  }

  double writes() {
    return Double.parseDouble(
        get("/metrics")
            .body()
            .lines()
            .filter(l -> l.startsWith("outboxpipeline_operator_writes_total"))
            .map(l -> l.substring(l.lastIndexOf(' ') + 1))
            .findFirst()
            .orElse("-1"));
  }

  /** Once the caches have caught up with the first writes. */
  double settledWrites() {
    double[] last = {-1};
    await()
        .pollInterval(Duration.ofSeconds(2))
        .until(
            () -> {
              double now = writes();
              boolean same = now == last[0];
              last[0] = now;
              return same;
            });
    return last[0];
  }

  HttpResponse<String> get(String path) {
    return get(operator(), path);
  }

  static HttpResponse<String> get(OperatorService operator, String path) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + operator.port() + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static void eventually(ThrowingRunnable assertion) {
    await().pollInterval(Duration.ofMillis(200)).untilAsserted(assertion);
  }
}
