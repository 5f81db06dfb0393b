package io.outboxpipeline.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.runtime.AwsActions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;

/** What must hold of dynamodb.yaml beside what holds of all templates. */
final class DynamoDbTemplateTest {
  private static final Template TEMPLATE = Template.dynamoDb();

  @ParameterizedTest
  @ValueSource(strings = {"Table", "RelayTable", "Queue", "DeadLetterQueue"})
  void what_holds_data_outlives_the_stack(String name) {
    JsonNode resource = TEMPLATE.resource(name);
    assertThat(resource.path("DeletionPolicy").asText()).isEqualTo("Retain");
    assertThat(resource.path("UpdateReplacePolicy").asText()).isEqualTo("Retain");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Table", "RelayTable"})
  void tables_are_on_demand_recoverable_encrypted_and_in_prod_protected(String name) {
    JsonNode of = TEMPLATE.resource(name).path("Properties");
    assertThat(of.path("BillingMode").asText()).isEqualTo("PAY_PER_REQUEST");
    assertThat(of.path("PointInTimeRecoverySpecification").path("PointInTimeRecoveryEnabled"))
        .isEqualTo(Template.parse("true"));
    assertThat(of.path("SSESpecification").path("SSEEnabled")).isEqualTo(Template.parse("true"));
    assertThat(of.path("DeletionProtectionEnabled"))
        .isEqualTo(Template.parse("!If [Prod, true, false]"));
  }

  @Test
  void the_tables_are_those_that_the_library_would_make() {
    assertSame("Table", OutboxTable.request("any", "obt_pending", "pk", "sk"));
    assertSame("RelayTable", OutboxTable.requestForRelays("any"));
  }

  private static void assertSame(String name, CreateTableRequest wanted) {
    JsonNode of = TEMPLATE.resource(name).path("Properties");
    assertThat(keys(of.path("KeySchema"))).isEqualTo(keys(wanted.keySchema()));
    assertThat(stream(of.path("AttributeDefinitions")).map(DynamoDbTemplateTest::attribute))
        .containsExactlyInAnyOrderElementsOf(
            wanted.attributeDefinitions().stream()
                .map(d -> d.attributeName() + " " + d.attributeTypeAsString())
                .toList());
    List<JsonNode> indexes = stream(of.path("GlobalSecondaryIndexes")).toList();
    assertThat(indexes).hasSameSizeAs(wanted.globalSecondaryIndexes());
    for (int i = 0; i < indexes.size(); i++) {
      var index = wanted.globalSecondaryIndexes().get(i);
      assertThat(indexes.get(i).path("IndexName").asText()).isEqualTo(index.indexName());
      assertThat(keys(indexes.get(i).path("KeySchema"))).isEqualTo(keys(index.keySchema()));
      assertThat(indexes.get(i).path("Projection").path("ProjectionType").asText())
          .isEqualTo(index.projection().projectionTypeAsString());
    }
  }

  private static String attribute(JsonNode definition) {
    return definition.path("AttributeName").asText()
        + " "
        + definition.path("AttributeType").asText();
  }

  private static List<String> keys(JsonNode schema) {
    return stream(schema)
        .map(k -> k.path("AttributeName").asText() + " " + k.path("KeyType").asText())
        .toList();
  }

  private static List<String> keys(List<KeySchemaElement> schema) {
    return schema.stream().map(k -> k.attributeName() + " " + k.keyTypeAsString()).toList();
  }

  @Test
  void the_roles_have_what_the_code_calls_and_no_more() {
    assertThat(actions("BaseRole")).containsExactlyElementsOf(AwsActions.BASE_ON_DYNAMODB);
    var relay = new TreeSet<>(AwsActions.RELAY_ON_DYNAMODB);
    relay.addAll(AwsActions.RELAY.actions());
    assertThat(actions("RelayRole")).containsExactlyElementsOf(relay);
    assertThat(actions("ConsumerRole")).containsExactlyElementsOf(AwsActions.CONSUMER.actions());
  }

  @Test
  void the_index_has_its_own_arn_and_the_relay_s_rights_are_on_this_pipeline_s_tables_alone() {
    var resources = new ArrayList<String>();
    for (JsonNode statement : statements("RelayRole")) {
      if (Deployed.texts(statement.path("Action")).getFirst().startsWith("dynamodb:")) {
        resources.add(statement.path("Resource").toString());
      }
    }
    assertThat(resources)
        .containsExactly(
            "{\"Fn::GetAtt\":[\"Table\",\"Arn\"]}",
            "{\"Fn::Sub\":\"${Table.Arn}/index/obt_pending\"}",
            "{\"Fn::GetAtt\":[\"RelayTable\",\"Arn\"]}");
  }

  private static Set<String> actions(String role) {
    var actions = new TreeSet<String>();
    statements(role).forEach(s -> actions.addAll(Deployed.texts(s.path("Action"))));
    return actions;
  }

  private static List<JsonNode> statements(String role) {
    return stream(TEMPLATE.resource(role).path("Properties").path("Policies"))
        .flatMap(p -> stream(p.path("PolicyDocument").path("Statement")))
        .toList();
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  @Test
  void base_and_relay_are_told_of_the_tables_and_of_no_database() {
    for (String task : List.of("BaseTask", "RelayTask")) {
      String container =
          TEMPLATE
              .resource(task)
              .path("Properties")
              .path("ContainerDefinitions")
              .path(0)
              .toString();
      assertThat(container)
          .as(task)
          .contains("DYNAMODB_TABLE", "DYNAMODB_RELAY_TABLE", "AWS_REGION")
          .doesNotContain("MYSQL");
    }
    assertThat(TEMPLATE.resources().values())
        .noneMatch(r -> r.path("Type").asText().startsWith("AWS::RDS"));
  }

  @Test
  void without_a_database_for_it_there_is_no_consumer() {
    TEMPLATE
        .resources()
        .forEach(
            (name, resource) -> {
              if (name.startsWith("Consumer")) {
                assertThat(resource.path("Condition").asText()).as(name).isEqualTo("Consumer");
              }
            });
  }
}
