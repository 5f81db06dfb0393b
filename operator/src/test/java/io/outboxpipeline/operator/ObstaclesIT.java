package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/** What stands in a pipeline's way on other people's clusters, and how its status tells it. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class ObstaclesIT extends SharedOperatorCase {

  @Test
  void an_object_of_somebody_else_is_neither_taken_nor_deleted_and_holds_up_no_other() {
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("mine-relay")
                .withNamespace(namespace)
                .endMetadata()
                .withData(Map.of("whose", "not yours"))
                .build())
        .create();
    client
        .resource(
            new ServiceBuilder()
                .withNewMetadata()
                .withName("mine-relay")
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withPort(80)
                .endPort()
                .endSpec()
                .build())
        .create();
    create("mine", "replicas: 0");
    eventually(
        () -> {
          assertThat(condition("mine", "Stalled")).isEqualTo("True ObjectNotOurs");
          assertThat(message("mine", "Stalled")).contains("ConfigMap/mine-relay");
          assertThat(objects("mine")).contains("Deployment/mine-relay");
        });
    pipelines("mine").delete();
    eventually(() -> assertThat(pipelines("mine").get()).isNull());
    eventually(() -> assertThat(objects("mine")).isEmpty());
    assertThat(client.configMaps().inNamespace(namespace).withName("mine-relay").get().getData())
        .containsExactly(Map.entry("whose", "not yours"));
    assertThat(client.services().inNamespace(namespace).withName("mine-relay").get()).isNotNull();
  }

  @Test
  void a_refused_object_is_told_and_those_after_it_are_applied() {
    quota("services", "count/services");
    create("narrow", "replicas: 0");
    eventually(
        () -> {
          assertThat(condition("narrow", "Stalled")).isEqualTo("True ObjectRefused");
          assertThat(message("narrow", "Stalled"))
              .contains("Service/narrow-relay")
              .contains("exceeded quota");
          assertThat(objects("narrow")).contains("Deployment/narrow-relay");
        });
    client.resourceQuotas().inNamespace(namespace).withName("services").delete();
    eventually(
        () -> {
          assertThat(condition("narrow", "Stalled")).startsWith("False");
          assertThat(objects("narrow")).contains("Service/narrow-relay");
        });
  }

  @Test
  void pods_that_a_quota_refuses_are_told_in_its_words() {
    quota("pods", "pods");
    create("full", "replicas: 1");
    eventually(
        () -> {
          assertThat(condition("full", "RelayAvailable")).isEqualTo("False ReplicaFailure");
          assertThat(message("full", "RelayAvailable")).contains("exceeded quota");
          assertThat(condition("full", "Stalled")).isEqualTo("True ReplicaFailure");
        });
  }

  @Test
  void an_image_that_does_not_exist_stalls_the_rollout_and_a_crash_is_told_by_its_last_words() {
    create("bad", "replicas: 1");
    eventually(() -> assertThat(pods("bad")).hasSize(1));
    containers(
        "{\"waiting\": {\"reason\": \"ImagePullBackOff\", \"message\": \"no such image\"}}", "{}");
    eventually(
        () -> {
          assertThat(condition("bad", "Stalled")).isEqualTo("True ImagePullBackOff");
          assertThat(message("bad", "RelayAvailable")).contains("no such image");
        });
    containers(
        "{\"waiting\": {\"reason\": \"CrashLoopBackOff\", \"message\": \"back-off 10s\"}}",
        "{\"terminated\": {\"exitCode\": 3, \"message\": \"MYSQL_HOST is missing\"}}");
    eventually(
        () -> {
          assertThat(condition("bad", "RelayAvailable")).isEqualTo("False CrashLoopBackOff");
          assertThat(message("bad", "RelayAvailable"))
              .contains("exit code 3")
              .contains("MYSQL_HOST is missing");
          assertThat(condition("bad", "Stalled")).as("it may come up yet").startsWith("False");
        });
  }

  @Test
  void a_pod_without_a_node_is_told() {
    create("homeless", "replicas: 1");
    eventually(
        () -> {
          assertThat(condition("homeless", "RelayAvailable")).isEqualTo("False Unschedulable");
          assertThat(message("homeless", "RelayAvailable")).contains("node");
        });
  }

  @Test
  void of_two_pipelines_on_one_database_the_second_starts_nothing_until_the_first_is_gone() {
    create("first", "replicas: 0");
    eventually(() -> assertThat(condition("first", "QueueReady")).isEqualTo("True QueueReady"));
    client.resource(pipelineOn("first", "second", "replicas: 0")).inNamespace(namespace).create();
    eventually(
        () -> {
          assertThat(condition("second", "DatabaseClaimed")).isEqualTo("False ClaimedByAnother");
          assertThat(message("second", "DatabaseClaimed")).contains(namespace + "/first");
          assertThat(condition("second", "Stalled")).isEqualTo("True ClaimedByAnother");
        });
    assertThat(objects("second")).isEmpty();
    assertThat(queueNames()).doesNotContain("second.fifo");
    assertThat(condition("first", "DatabaseClaimed")).startsWith("True");
    pipelines("first").delete();
    eventually(() -> assertThat(objects("second")).contains("Deployment/second-relay"));
  }

  @Test
  void an_account_that_is_there_already_is_used_and_left_alone() {
    create("account", "replicas: 0, serviceAccount: {create: false, name: made-by-terraform}");
    eventually(() -> assertThat(objects("account")).contains("Deployment/account-relay"));
    assertThat(objects("account")).doesNotContain("ServiceAccount/account-relay");
    assertThat(
            deployment("account-relay").getSpec().getTemplate().getSpec().getServiceAccountName())
        .isEqualTo("made-by-terraform");
    assertThat(
            client
                .rbac()
                .roleBindings()
                .inNamespace(namespace)
                .withName("account-relay")
                .require()
                .getSubjects())
        .extracting("name")
        .containsExactly("made-by-terraform");
  }

  @Test
  void a_namespace_that_is_deleted_takes_pipeline_and_queues_along_and_never_hangs() {
    create("leaves", "replicas: 1", "deletionPolicy: Delete");
    eventually(() -> assertThat(condition("leaves", "QueueReady")).isEqualTo("True QueueReady"));
    eventually(() -> assertThat(pods("leaves")).hasSize(1));
    client.namespaces().withName(namespace).delete();
    eventually(() -> assertThat(client.namespaces().withName(namespace).get()).isNull());
    assertThat(queueNames()).doesNotContain("leaves.fifo", "leaves-dlq.fifo");
  }

  private void quota(String name, String resource) {
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of(resource, new Quantity("0")))
                .endSpec()
                .build())
        .create();
    eventually(
        () ->
            assertThat(
                    client
                        .resourceQuotas()
                        .inNamespace(namespace)
                        .withName(name)
                        .require()
                        .getStatus()
                        .getHard())
                .isNotEmpty());
  }

  /** As a kubelet would tell it of the relay's container. */
  private void containers(String state, String lastState) {
    List.copyOf(pods("bad"))
        .forEach(
            pod ->
                client
                    .resource(pod)
                    .subresource("status")
                    .patch(
                        STRATEGIC_MERGE,
                        """
                        {"status": {"containerStatuses": [{"name": "relay", "image": "i", "imageID": "",
                          "ready": false, "restartCount": 1, "state": %s, "lastState": %s}]}}
                        """
                            .formatted(state, lastState)));
  }
}
