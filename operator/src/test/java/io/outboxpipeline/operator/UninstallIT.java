package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.runtime.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What the chart's hook says before the operator goes. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class UninstallIT {
  private final KubernetesClient client = Cluster.get().client();
  private String namespace = "";

  @BeforeEach
  void create() {
    Running.end();
    letGoOfOthers();
    namespace = Cluster.get().namespace();
    client
        .resource(
            Serialization.unmarshal(
                """
                apiVersion: outboxpipeline.io/v1alpha1
                kind: OutboxPipeline
                metadata: {name: stays, finalizers: [example.com/operator]}
                spec:
                  database: {host: mysql, name: stays, credentials: {secretName: database}}
                  queue: {name: stays.fifo}
                """,
                GenericKubernetesResource.class))
        .inNamespace(namespace)
        .create();
  }

  /** Pipelines of earlier tests whose operator ended before it had released them. */
  private void letGoOfOthers() {
    var all = client.resources(OutboxPipeline.class);
    await()
        .untilAsserted(
            () -> {
              List<OutboxPipeline> ending =
                  all.inAnyNamespace().list().getItems().stream()
                      .filter(OutboxPipeline::isMarkedForDeletion)
                      .toList();
              ending.forEach(
                  p ->
                      all.inNamespace(p.getMetadata().getNamespace())
                          .withName(p.getMetadata().getName())
                          .patch(
                              PatchContext.of(PatchType.JSON_MERGE),
                              "{\"metadata\":{\"finalizers\":[]}}"));
              assertThat(ending).isEmpty();
            });
  }

  @AfterEach
  void letGo() {
    pipeline().delete();
    end();
  }

  private void end() {
    if (pipeline().get() != null) {
      pipeline().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\":{\"finalizers\":[]}}");
    }
  }

  private Resource<OutboxPipeline> pipeline() {
    return client.resources(OutboxPipeline.class).inNamespace(namespace).withName("stays");
  }

  @Test
  void a_pipeline_that_is_being_deleted_keeps_its_operator_and_one_that_runs_does_not() {
    Uninstall now = uninstall(Map.of());
    assertThatCode(() -> now.await(client)).doesNotThrowAnyException();
    pipeline().delete();
    assertThatThrownBy(() -> now.await(client))
        .hasMessageContaining("being deleted")
        .hasMessageContaining(namespace + "/stays");
    assertThatCode(() -> uninstall(Map.of("OPERATOR_NAMESPACES", "other")).await(client))
        .as("another operator's")
        .doesNotThrowAnyException();
    var patient = new Uninstall(now.namespaces(), false, Duration.ofMinutes(3));
    Thread.startVirtualThread(this::end);
    assertThatCode(() -> patient.await(client)).doesNotThrowAnyException();
  }

  @Test
  void where_the_crd_goes_too_no_pipeline_may_be_there() {
    Uninstall all =
        uninstall(Map.of("UNINSTALL_TAKES_PIPELINES", "true", "OPERATOR_NAMESPACES", "other"));
    assertThatThrownBy(() -> all.await(client))
        .hasMessageContaining("crds.keep is false")
        .hasMessageContaining(namespace + "/stays");
  }

  private static Uninstall uninstall(Map<String, String> more) {
    var environment = new java.util.HashMap<>(more);
    environment.put("UNINSTALL_LIMIT", "0s");
    return Uninstall.read(Settings.of(environment));
  }
}
