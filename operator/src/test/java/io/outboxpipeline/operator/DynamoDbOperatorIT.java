package io.outboxpipeline.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Pipelines with spec.dynamodb, against a real API server, an SQS peer and a DynamoDB peer. */
@ResourceLock(value = Cluster.PIPELINES, mode = ResourceAccessMode.READ)
@ResourceLock(
    value = SharedOperatorCase.UNDISTURBED,
    mode = ResourceAccessMode.READ,
    target = ResourceLockTarget.CHILDREN)
final class DynamoDbOperatorIT extends SharedOperatorCase {
  private final DynamoDbClient direct = DynamoDbPeer.client();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final String table = "orders-" + UUID.randomUUID();

  @AfterEach
  void close() {
    tables().forEach(name -> direct.deleteTable(r -> r.tableName(name)));
    proxy.close();
    direct.close();
  }

  private List<String> tables() {
    return direct.listTables().tableNames().stream().filter(t -> t.startsWith(table)).toList();
  }

  private void createOn(String dynamoDb, String name) {
    String yaml =
        """
        apiVersion: outboxpipeline.io/v1alpha1
        kind: OutboxPipeline
        metadata: {name: %s}
        spec:
          dynamodb: {table: %s, region: eu-central-1, endpoint: "%s", credentials: {secretName: aws}%s}
          queue: {name: %s.fifo, region: eu-central-1, endpoint: "%s", credentials: {secretName: aws}}
          deletion: {drainTimeout: 0s}
          base: {replicas: 1, %s}
          relay: {%s}
        """
            .formatted(name, table, proxy.endpoint(), dynamoDb, name, sqs(), NOWHERE, NOWHERE);
    client
        .resource(Serialization.unmarshal(yaml, OutboxPipeline.class))
        .inNamespace(namespace)
        .create();
  }

  @Test
  void the_tables_are_made_and_the_pods_are_told_of_them() {
    createOn("", "made");
    eventually(() -> assertThat(tables()).containsExactlyInAnyOrder(table, table + "-relay"));
    eventually(() -> assertThat(events("made")).contains("TableCreated"));
    eventually(
        () ->
            assertThat(condition("made", "DatabaseReady"))
                .as("relays did not start")
                .isEqualTo("Unknown NotReported"));
    assertThat(settingsOf("made-base"))
        .containsEntry("BASE_STORE", "dynamodb")
        .containsEntry("DYNAMODB_TABLE", table);
    assertThat(settingsOf("made-relay"))
        .containsEntry("RELAY_STORE", "dynamodb")
        .containsEntry("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint().toString());
    pipelines("made").delete();
    await().until(() -> pipelines("made").get() == null);
    assertThat(tables()).as("Retain").hasSize(2);
  }

  @Test
  void with_delete_the_tables_go_with_the_pipeline() {
    createOn(", deletionPolicy: Delete", "gone");
    eventually(() -> assertThat(condition("gone", "DatabaseReady")).startsWith("Unknown"));
    eventually(() -> assertThat(tables()).hasSize(2));
    pipelines("gone").delete();
    await().until(() -> pipelines("gone").get() == null);
    assertThat(tables()).isEmpty();
  }

  @Test
  void a_given_table_that_does_not_do_is_told_and_stalls() {
    createOn(", create: false", "given");
    eventually(
        () -> assertThat(condition("given", "DatabaseReady")).isEqualTo("False TableNotFound"));
    OutboxTable.create(direct, table, "obt_other", "pk");
    OutboxTable.createForRelays(direct, table + "-relay");
    eventually(
        () -> assertThat(condition("given", "DatabaseReady")).isEqualTo("False TableNotAsNeeded"));
    assertThat(message("given", "DatabaseReady")).contains("no index obt_pending");
    eventually(() -> assertThat(condition("given", "Stalled")).isEqualTo("True TableNotAsNeeded"));
    eventually(() -> assertThat(condition("given", "Ready")).startsWith("False"));
    OutboxTable.addIndex(direct, table, "obt_pending");
    eventually(() -> assertThat(condition("given", "Stalled")).isEqualTo("False NotStalled"));
    proxy.set((action, request) -> Fault.DENY);
    eventually(
        () -> assertThat(condition("given", "DatabaseReady")).isEqualTo("False TableAccessDenied"));
    proxy.set(FaultyDynamoDb.Plan.NONE);
  }

  @Test
  void of_two_pipelines_on_one_table_the_second_is_refused() {
    createOn("", "elder");
    eventually(() -> assertThat(condition("elder", "DatabaseClaimed")).isEqualTo("True Claimed"));
    createOn("", "younger");
    eventually(
        () ->
            assertThat(condition("younger", "DatabaseClaimed"))
                .isEqualTo("False ClaimedByAnother"));
    assertThat(objects("younger")).isEmpty();
    assertThat(message("younger", "DatabaseClaimed")).contains(namespace + "/elder");
  }
}
