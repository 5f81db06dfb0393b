package io.outboxpipeline.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.outboxpipeline.operator.api.OutboxPipeline;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TableSettingsTest {

  private static OutboxPipeline pipeline(String dynamoDb, String queue) {
    OutboxPipeline pipeline =
        Serialization.unmarshal(
            """
            apiVersion: outboxpipeline.io/v1alpha1
            kind: OutboxPipeline
            metadata: {name: orders, namespace: shop, uid: uid-1, generation: 3}
            spec:
              dynamodb: {%s}
              queue: {name: orders.fifo%s}
              base: {}
              consumer: {database: {host: mysql, name: account, credentials: {secretName: mine}}}
            """
                .formatted(dynamoDb, queue),
            OutboxPipeline.class);
    return pipeline;
  }

  private static List<HasMetadata> objects(OutboxPipeline pipeline) {
    return new Wanted(
            pipeline,
            Pipelines.IMAGES,
            Optional.of(Pipelines.QUEUE),
            Pipelines.NOTHING,
            Map.of(),
            Pipelines.API_SERVER)
        .objects();
  }

  private static <T extends HasMetadata> T find(
      OutboxPipeline pipeline, Class<T> type, String name) {
    return objects(pipeline).stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(o -> o.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> settings(OutboxPipeline pipeline, String component) {
    return find(pipeline, ConfigMap.class, "orders-" + component).getData();
  }

  private static List<String> secrets(OutboxPipeline pipeline, String component) {
    Container container =
        find(pipeline, Deployment.class, "orders-" + component)
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst();
    return container.getEnv().stream()
        .filter(e -> e.getValueFrom() != null && e.getValueFrom().getSecretKeyRef() != null)
        .map(e -> e.getName() + "=" + e.getValueFrom().getSecretKeyRef().getName())
        .toList();
  }

  @Test
  void base_and_relay_are_told_of_the_table_and_of_no_database() {
    OutboxPipeline pipeline =
        pipeline(
            "table: orders, region: eu-west-1, endpoint: 'http://dynamo:8000', writeRegion:"
                + " eu-west-1",
            "");
    for (String component : List.of("base", "relay")) {
      assertThat(settings(pipeline, component))
          .containsEntry("DYNAMODB_TABLE", "orders")
          .containsEntry("DYNAMODB_INDEX", "obt_pending")
          .containsEntry("DYNAMODB_RELAY_TABLE", "orders-relay")
          .containsEntry("DYNAMODB_WRITE_REGION", "eu-west-1")
          .containsEntry("AWS_REGION", "eu-west-1")
          .containsEntry("AWS_ENDPOINT_URL_DYNAMODB", "http://dynamo:8000")
          .doesNotContainKeys("MYSQL_HOST", "MYSQL_DATABASE", "MYSQL_SSL_MODE");
      assertThat(secrets(pipeline, component)).isEmpty();
    }
    assertThat(settings(pipeline, "base"))
        .containsEntry("BASE_STORE", "dynamodb")
        .containsEntry("BASE_MIGRATE", "false");
    assertThat(settings(pipeline, "relay"))
        .containsEntry("RELAY_STORE", "dynamodb")
        .containsEntry("RELAY_LEASE_STORE", "kubernetes");
  }

  @Test
  void the_consumer_keeps_its_own_database() {
    OutboxPipeline pipeline = pipeline("table: orders", "");
    assertThat(settings(pipeline, "consumer"))
        .containsEntry("MYSQL_DATABASE", "account")
        .doesNotContainKeys("DYNAMODB_TABLE");
    assertThat(secrets(pipeline, "consumer"))
        .containsExactly("MYSQL_USER=mine", "MYSQL_PASSWORD=mine");
    assertThat(References.missing(pipeline.getSpec(), Pipelines.NOTHING)).containsExactly("mine");
  }

  @Test
  void each_has_the_access_keys_of_what_it_uses() {
    String keys = "credentials: {secretName: aws}";
    OutboxPipeline table = pipeline("table: orders, " + keys, "");
    assertThat(secrets(table, "base")).contains("AWS_ACCESS_KEY_ID=aws");
    assertThat(secrets(table, "relay")).contains("AWS_ACCESS_KEY_ID=aws");
    assertThat(secrets(table, "consumer")).doesNotContain("AWS_ACCESS_KEY_ID=aws");
    OutboxPipeline queue = pipeline("table: orders", ", " + keys);
    assertThat(secrets(queue, "base")).isEmpty();
    assertThat(secrets(queue, "relay")).contains("AWS_ACCESS_KEY_ID=aws");
    assertThat(References.of(table.getSpec()).secrets()).containsExactly("aws", "mine");
  }

  @Test
  void pods_may_reach_dynamodb_in_place_of_the_database() {
    OutboxPipeline pipeline = pipeline("table: orders, endpoint: 'http://dynamo:8000'", "");
    assertThat(ports(pipeline, "base")).contains(443, 80, 8000).doesNotContain(3306);
    assertThat(ports(pipeline, "relay")).contains(443, 80, 8000).doesNotContain(3306);
    assertThat(ports(pipeline, "consumer")).contains(443, 3306).doesNotContain(8000);
  }

  private static List<Integer> ports(OutboxPipeline pipeline, String component) {
    return find(pipeline, NetworkPolicy.class, "orders-" + component)
        .getSpec()
        .getEgress()
        .getLast()
        .getPorts()
        .stream()
        .map(p -> p.getPort().getIntVal())
        .toList();
  }

  @Test
  void two_pipelines_on_one_table_name_the_same_database_and_those_on_others_do_not() {
    String one = Databases.key(pipeline("table: orders, region: eu-west-1", ""));
    assertThat(Databases.key(pipeline("table: orders, region: eu-west-1, index: other", "")))
        .isEqualTo(one);
    assertThat(Databases.key(pipeline("table: orders, region: eu-west-2", ""))).isNotEqualTo(one);
    assertThat(Databases.key(pipeline("table: others, region: eu-west-1", ""))).isNotEqualTo(one);
  }
}
