package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** The operator against a real API server and an SQS peer; pods are never scheduled. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class OperatorIT extends SharedOperatorCase {
  /** Keeps a Deployment that is being deleted, as its pods do. */
  private static final String POD = "outboxpipeline.io/test-pod";

  @Test
  @ResourceLock(UNDISTURBED)
  void every_object_is_made_repaired_and_written_no_more_than_once() {
    create("whole", "base: {replicas: 1, " + NOWHERE + "}", "replicas: 1", CONSUMER);
    eventually(
        () ->
            assertThat(objects("whole"))
                .containsExactlyInAnyOrder(
                    "ConfigMap/whole-base",
                    "ConfigMap/whole-consumer",
                    "ConfigMap/whole-relay",
                    "Deployment/whole-base",
                    "Deployment/whole-consumer",
                    "Deployment/whole-relay",
                    "NetworkPolicy/whole-base",
                    "NetworkPolicy/whole-consumer",
                    "NetworkPolicy/whole-relay",
                    "PodDisruptionBudget/whole-base",
                    "PodDisruptionBudget/whole-consumer",
                    "PodDisruptionBudget/whole-relay",
                    "Role/whole-relay",
                    "RoleBinding/whole-relay",
                    "Service/whole-base",
                    "Service/whole-consumer",
                    "Service/whole-relay",
                    "ServiceAccount/whole-base",
                    "ServiceAccount/whole-consumer",
                    "ServiceAccount/whole-relay"));
    assertThat(found("whole"))
        .allSatisfy(
            o -> {
              assertThat(o.getMetadata().getOwnerReferences())
                  .as("a deletion in the foreground would take it before it is drained")
                  .isEmpty();
              assertThat(o.getMetadata().getLabels())
                  .containsEntry("app.kubernetes.io/instance", "whole")
                  .containsEntry("app.kubernetes.io/managed-by", "outboxpipeline");
            });

    eventually(() -> assertThat(condition("whole", "QueueReady")).isEqualTo("True QueueReady"));
    double writes = settledWrites();
    Map<String, String> versions = versions("whole");
    touch("whole");
    await()
        .during(Running.RESYNC.multipliedBy(2))
        .untilAsserted(() -> assertThat(versions("whole")).isEqualTo(versions));
    assertThat(writes()).isEqualTo(writes);

    client.apps().deployments().inNamespace(namespace).withName("whole-relay").scale(3);
    client.services().inNamespace(namespace).withName("whole-base").delete();
    client
        .configMaps()
        .inNamespace(namespace)
        .withName("whole-relay")
        .edit(
            m -> {
              m.getData().put("RELAY_CONCURRENCY", "1");
              return m;
            });
    client.rbac().roles().inNamespace(namespace).withName("whole-relay").delete();
    eventually(
        () -> {
          assertThat(deployment("whole-relay").getSpec().getReplicas()).isEqualTo(1);
          assertThat(client.services().inNamespace(namespace).withName("whole-base").get())
              .isNotNull();
          assertThat(settingsOf("whole-relay")).containsEntry("RELAY_CONCURRENCY", "16");
          assertThat(client.rbac().roles().inNamespace(namespace).withName("whole-relay").get())
              .isNotNull();
        });

    edit("whole", "{\"spec\":{\"base\":null,\"networkPolicy\":{\"enabled\":false}}}");
    eventually(
        () ->
            assertThat(objects("whole"))
                .noneMatch(o -> o.contains("whole-base") || o.startsWith("NetworkPolicy")));
  }

  @Test
  void a_changed_secret_or_setting_restarts_the_pods_that_use_it_and_no_others() {
    secret("other", Map.of("username", "me", "password", "p"));
    create(
        "roll",
        "replicas: 0",
        CONSUMER.replace(
            "credentials: {secretName: database}", "credentials: {secretName: other}"));
    eventually(() -> assertThat(objects("roll")).contains("Deployment/roll-consumer"));
    String relay = digest("roll-relay");
    String consumer = digest("roll-consumer");
    secret("other", Map.of("username", "me", "password", "changed"));
    eventually(() -> assertThat(digest("roll-consumer")).isNotEqualTo(consumer));
    assertThat(digest("roll-relay")).isEqualTo(relay);

    edit("roll", "{\"spec\":{\"relay\":{\"concurrency\":7}}}");
    eventually(() -> assertThat(digest("roll-relay")).isNotEqualTo(relay));
    String before = digest("roll-relay");
    edit("roll", "{\"spec\":{\"relay\":{\"partitions\":16,\"replicas\":1}}}");
    eventually(() -> assertThat(deployment("roll-relay").getSpec().getReplicas()).isEqualTo(1));
    assertThat(digest("roll-relay")).as("partitions change without a rollout").isEqualTo(before);
  }

  @Test
  void ready_means_pods_queue_database_and_every_partition() {
    create(
        "ready",
        "replicas: 1, partitions: 4, lease: {leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 300ms}",
        CONSUMER);
    eventually(() -> assertThat(pods("ready")).hasSize(2));
    pods("ready").forEach(this::makeReady);
    eventually(
        () -> {
          assertThat(condition("ready", "RelayAvailable")).isEqualTo("True Available");
          assertThat(condition("ready", "Ready")).startsWith("False");
          assertThat(condition("ready", "PartitionsOwned")).isEqualTo("False PartitionsUnowned");
        });
    var fence = new FakeRelay.MemoryFence();
    try (var relay = new FakeRelay(client, namespace, "ready", "one", TIMING, fence)) {
      eventually(() -> assertThat(condition("ready", "Ready")).isEqualTo("True Ready"));
      assertThat(partitions("ready").summary()).isEqualTo("4/4");
      assertThat(
              cluster.kubectl(
                  "wait", "-n", namespace, "obp/ready", "--for=condition=Ready", "--timeout=5s"))
          .contains("condition met");
      assertThat(cluster.kubectl("get", "obp", "-n", namespace))
          .containsPattern("ready +True +1 +4/4 +ready.fifo");
      assertThat(
              cluster.kubectl(
                  "get", "leases", "-n", namespace, "-l", "outboxpipeline.io/pipeline=ready"))
          .containsPattern("ready-partition-3 +one");

      relay.says(
          Map.of("database", "the database is away", "backlog", "1234", "oldest-seconds", "95"));
      eventually(
          () -> {
            assertThat(condition("ready", "DatabaseReady")).isEqualTo("False DatabaseUnreachable");
            assertThat(condition("ready", "Ready")).isEqualTo("False DatabaseUnreachable");
          });
      relay.says(Map.of("database", "ok", "backlog", "0"));
      eventually(() -> assertThat(condition("ready", "Ready")).isEqualTo("True Ready"));

      edit("ready", "{\"spec\":{\"relay\":{\"partitions\":6}}}");
      eventually(
          () -> {
            assertThat(relay.owned()).isEqualTo(6);
            assertThat(partitions("ready").summary()).isEqualTo("6/6");
            assertThat(condition("ready", "Ready")).isEqualTo("True Ready");
          });

      edit("ready", "{\"spec\":{\"paused\":true}}");
      eventually(
          () -> {
            assertThat(deployment("ready-relay").getSpec().getReplicas()).isZero();
            assertThat(deployment("ready-consumer").getSpec().getReplicas()).isEqualTo(1);
            assertThat(condition("ready", "Paused")).isEqualTo("True Paused");
            assertThat(condition("ready", "Ready")).isEmpty();
          });
    }
    edit("ready", "{\"spec\":{\"paused\":false}}");
    eventually(
        () -> {
          assertThat(deployment("ready-relay").getSpec().getReplicas()).isEqualTo(1);
          assertThat(condition("ready", "Paused")).isEqualTo("False NotPaused");
        });
    assertThat(events("ready"))
        .contains("QueueCreated", "Ready", "DatabaseUnreachable", "Paused", "Resumed");
    assertThat(transition("ready", "QueueReady"))
        .as("a condition that stays keeps its time")
        .isLessThan(transition("ready", "Paused"));
  }

  @Test
  void kubectl_scale_sets_the_number_of_relays_within_the_number_of_partitions() {
    create("scaled", "replicas: 1, partitions: 4");
    eventually(() -> assertThat(objects("scaled")).contains("Deployment/scaled-relay"));
    assertThat(cluster.kubectl("scale", "obp/scaled", "-n", namespace, "--replicas=3"))
        .contains("scaled");
    eventually(
        () -> {
          assertThat(deployment("scaled-relay").getSpec().getReplicas()).isEqualTo(3);
          assertThat(status("scaled").relay()).isNotNull();
          assertThat(
                  cluster.kubectl(
                      "get",
                      "obp/scaled",
                      "-n",
                      namespace,
                      "--subresource=scale",
                      "-o",
                      "jsonpath={.status.replicas} {.status.selector}"))
              .startsWith("3 ")
              .contains("app.kubernetes.io/component=relay");
        });
    assertThat(cluster.kubectl("scale", "obp/scaled", "-n", namespace, "--replicas=5"))
        .contains("spec.relay.replicas must not exceed spec.relay.partitions");
  }

  @Test
  void a_pipeline_ends_in_order_base_first_and_takes_its_queues_along_when_told_to() {
    create(
        "ends",
        "base: {replicas: 1, " + NOWHERE + "}",
        "replicas: 1, partitions: 2, lease: {leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 300ms}",
        CONSUMER,
        "deletion: {drainTimeout: 10m}",
        "deletionPolicy: Delete");
    eventually(() -> assertThat(condition("ends", "QueueReady")).isEqualTo("True QueueReady"));
    eventually(() -> assertThat(pods("ends")).hasSize(3));
    var relays = client.apps().deployments().inNamespace(namespace).withName("ends-relay");
    var fence = new FakeRelay.MemoryFence();
    try (var relay = new FakeRelay(client, namespace, "ends", "one", TIMING, fence)) {
      relay.says(Map.of("database", "ok", "backlog", "7"));
      eventually(() -> assertThat(relay.owned()).isEqualTo(2));
      // As kubectl does with --cascade=foreground, and Argo CD: dependants would go first.
      pipelines("ends").withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
      eventually(
          () -> {
            assertThat(objects("ends"))
                .doesNotContain("Deployment/ends-base")
                .contains(
                    "Deployment/ends-relay",
                    "Deployment/ends-consumer",
                    "ConfigMap/ends-relay",
                    "Role/ends-relay",
                    "RoleBinding/ends-relay",
                    "ServiceAccount/ends-relay");
            assertThat(message("ends", "Reconciling")).isEqualTo("relays send what is committed");
          });
      // As long as the member lives, as a pod of it would.
      relays.patch(STRATEGIC_MERGE, "{\"metadata\":{\"finalizers\":[\"%s\"]}}".formatted(POD));
      relay.says(Map.of("database", "ok", "backlog", "0"));
      await().until(() -> relays.get().getMetadata().getDeletionTimestamp() != null);
    }
    relays.patch(
        STRATEGIC_MERGE,
        "{\"metadata\":{\"$deleteFromPrimitiveList/finalizers\":[\"%s\"]}}".formatted(POD));
    eventually(() -> assertThat(pipelines("ends").get()).isNull());
    eventually(() -> assertThat(objects("ends")).isEmpty());
    assertThat(queueNames()).doesNotContain("ends.fifo", "ends-dlq.fifo");
    assertThat(
            client
                .leases()
                .inNamespace(namespace)
                .withLabel("outboxpipeline.io/lease", "partition")
                .list()
                .getItems())
        .isEmpty();
  }

  @Test
  void a_queue_that_cannot_be_reached_or_deleted_blocks_the_end_for_its_time_only() {
    OutboxPipeline pipeline =
        pipeline(
            "stuck",
            "replicas: 0",
            "deletion: {drainTimeout: 0s, queueTimeout: 5s}",
            "deletionPolicy: Delete");
    String yaml = Serialization.asYaml(pipeline).replace(sqs().toString(), "http://127.0.0.1:1");
    client
        .resource(Serialization.unmarshal(yaml, OutboxPipeline.class))
        .inNamespace(namespace)
        .create();
    eventually(
        () -> assertThat(condition("stuck", "QueueReady")).isEqualTo("False QueueUnreachable"));
    assertThat(objects("stuck")).isEmpty();
    pipelines("stuck").delete();
    await().untilAsserted(() -> assertThat(pipelines("stuck").get()).isNull());
    assertThat(events("stuck")).contains("QueueUnreachable", "QueueLeftBehind");
  }

  @Test
  void missing_secrets_are_told_and_found_when_they_come() {
    create("late", "replicas: 0");
    client.secrets().inNamespace(namespace).withName("aws").delete();
    edit("late", "{\"spec\":{\"database\":{\"credentials\":{\"secretName\":\"later\"}}}}");
    eventually(
        () -> {
          assertThat(condition("late", "DatabaseReady")).isEqualTo("False SecretMissing");
          assertThat(condition("late", "QueueReady")).isEqualTo("False CredentialsMissing");
        });
    secret("aws", Map.of("accessKeyId", "id", "secretAccessKey", "key"));
    secret("later", Map.of("username", "u", "password", "p"));
    eventually(
        () -> {
          assertThat(condition("late", "DatabaseReady")).isEqualTo("Unknown NotReported");
          assertThat(condition("late", "QueueReady")).isEqualTo("True QueueReady");
        });
  }

  @Test
  @ResourceLock(UNDISTURBED)
  void a_restart_of_the_api_server_is_survived() {
    create("survives", "replicas: 0, partitions: 4");
    eventually(() -> assertThat(objects("survives")).contains("Deployment/survives-relay"));
    Running.get().proxy.cut();
    // What happens meanwhile is found when the watches are back.
    edit("survives", "{\"spec\":{\"relay\":{\"concurrency\":3}}}");
    client.services().inNamespace(namespace).withName("survives-relay").delete();
    await()
        .pollDelay(Duration.ofSeconds(6))
        .untilAsserted(
            () ->
                assertThat(settingsOf("survives-relay")).containsEntry("RELAY_CONCURRENCY", "16"));
    Running.get().proxy.restore();
    await()
        .untilAsserted(
            () -> {
              assertThat(settingsOf("survives-relay")).containsEntry("RELAY_CONCURRENCY", "3");
              assertThat(objects("survives")).contains("Service/survives-relay");
            });
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void health_and_metrics_are_served() {
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    create("seen", "replicas: 0");
    eventually(() -> assertThat(objects("seen")).contains("Deployment/seen-relay"));
    assertThat(get("/metrics").body())
        .contains("outboxpipeline_operator_writes_total")
        .contains("operator_sdk_reconciliations_started");
  }
}
