package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertAll;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real API server makes of spec.dynamodb. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Cluster.PIPELINES)
final class DynamoDbResourceIT {
  private static final String DATABASE =
      "database: {host: mysql, name: orders, credentials: {secretName: s}}";

  private final Cluster cluster = Cluster.get();
  private String namespace = "";

  @BeforeAll
  static void alone() {
    Running.end();
  }

  @BeforeEach
  void makeNamespace() {
    namespace = cluster.namespace();
  }

  static Stream<Arguments> bad() {
    String one = "spec needs exactly one of database";
    return Stream.of(
        Arguments.of("neither", "", one),
        Arguments.of("both", DATABASE + "\n  dynamodb: {table: orders}", one),
        Arguments.of("no table", "dynamodb: {}", "spec.dynamodb.table: Required value"),
        Arguments.of("short name", "dynamodb: {table: ab}", "should be at least 3 chars long"),
        Arguments.of("bad name", "dynamodb: {table: 'a b c'}", "spec.dynamodb.table"),
        Arguments.of(
            "one table for both",
            "dynamodb: {table: orders, relayTable: orders}",
            "spec.dynamodb.relayTable must be another table"),
        Arguments.of(
            "given and deleted",
            "dynamodb: {table: orders, create: false, deletionPolicy: Delete}",
            "a table that the operator does not make is never deleted"),
        Arguments.of(
            "two regions",
            "dynamodb: {table: orders, region: eu-west-1}",
            "spec.dynamodb.region and spec.queue.region must be the same"),
        Arguments.of(
            "two identities",
            "dynamodb: {table: orders, credentials: {secretName: other}}",
            "a relay has one identity"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void each_bad_resource_is_refused_in_the_intended_words(
      String what, String spec, String message) {
    assertThatThrownBy(() -> create("bad", spec))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  @Test
  void what_cannot_change_is_refused_with_what_to_do_instead() {
    create(
        "fixed",
        "dynamodb: {table: orders}\n"
            + "  consumer: {database: {host: mysql, name: orders, credentials: {secretName: s}}}");
    assertAll(
        () -> assertRefused("{table: other}", "Create another pipeline for the other table"),
        () -> assertRefused("{index: other}", "can't be changed"),
        () -> assertRefused("{region: eu-central-1}", "can't be changed"),
        () -> assertRefused("{relayTable: others}", "spec.dynamodb.relayTable can't be changed"),
        () ->
            assertThatThrownBy(() -> change("{dynamodb: null, " + DATABASE + "}"))
                .hasMessageContaining("can't take each other's place"));
    change("{dynamodb: {endpoint: 'https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com'}}");
    change("{dynamodb: {deletionPolicy: Delete}}");
  }

  private void assertRefused(String dynamoDb, String message) {
    assertThatThrownBy(() -> change("{dynamodb: " + dynamoDb + "}"))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  private void change(String spec) {
    cluster
        .client()
        .genericKubernetesResources("outboxpipeline.io/v1alpha1", "OutboxPipeline")
        .inNamespace(namespace)
        .withName("fixed")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(
                Serialization.unmarshal("spec: " + spec, GenericKubernetesResource.class)));
  }

  private void create(String name, String spec) {
    String yaml =
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: %s}
        spec:
          queue: {name: orders.fifo, region: eu-central-1, credentials: {secretName: aws}}
          %s
        """
            .formatted(name, spec);
    cluster
        .client()
        .resource(Serialization.unmarshal(yaml, GenericKubernetesResource.class))
        .inNamespace(namespace)
        .create();
  }
}
