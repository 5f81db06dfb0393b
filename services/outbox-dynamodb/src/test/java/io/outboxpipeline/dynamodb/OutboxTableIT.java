package io.outboxpipeline.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.IndexStatus;
import software.amazon.awssdk.services.dynamodb.model.Projection;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ReplicaDescription;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

final class OutboxTableIT {
  private static final String REGION = "eu-central-1";
  private final TestTable table = new TestTable();

  @AfterEach
  void close() {
    table.close();
  }

  private TableDescription described() {
    return table.client.describeTable(r -> r.tableName(table.name)).table();
  }

  private static Optional<String> problem(TableDescription description) {
    return OutboxTable.problem(description, OutboxAttributes.INDEX, REGION, Optional.empty());
  }

  private static TableDescription withIndex(
      TableDescription table,
      java.util.function.UnaryOperator<GlobalSecondaryIndexDescription.Builder> change) {
    var index = table.globalSecondaryIndexes().get(0).toBuilder();
    return table.toBuilder().globalSecondaryIndexes(change.apply(index).build()).build();
  }

  @Test
  void the_table_that_the_library_makes_is_right_and_making_it_again_changes_nothing() {
    assertThat(problem(described())).isEmpty();
    OutboxTable.create(table.client, table.name, OutboxAttributes.INDEX, "pk");
    OutboxTable.addIndex(table.client, table.name, OutboxAttributes.INDEX);
    assertThat(described().globalSecondaryIndexes()).hasSize(1);
  }

  @Test
  void an_index_with_another_key_or_projection_or_one_that_is_not_filled_yet_is_told() {
    TableDescription right = described();
    assertThat(OutboxTable.problem(right, "other", REGION, Optional.empty())).isPresent();
    List<AttributeDefinition> texts =
        right.attributeDefinitions().stream()
            .map(d -> d.toBuilder().attributeType(ScalarAttributeType.S).build())
            .toList();
    assertThat(problem(right.toBuilder().attributeDefinitions(texts).build()))
        .hasValueSatisfying(p -> assertThat(p).contains("both numbers"));
    assertThat(problem(withIndex(right, i -> i.keySchema(List.of())))).isPresent();
    assertThat(
            problem(
                withIndex(
                    right,
                    i ->
                        i.projection(
                            Projection.builder().projectionType(ProjectionType.ALL).build()))))
        .isPresent();
    assertThat(problem(withIndex(right, i -> i.indexStatus(IndexStatus.CREATING)))).isPresent();
    assertThat(problem(withIndex(right, i -> i.backfilling(true)))).isPresent();
  }

  @Test
  void a_table_with_replicas_needs_one_declared_region_for_writing() {
    TableDescription global =
        described().toBuilder()
            .replicas(ReplicaDescription.builder().regionName("us-east-1").build())
            .build();
    assertThat(problem(global)).isPresent();
    assertThat(OutboxTable.problem(global, OutboxAttributes.INDEX, REGION, Optional.of(REGION)))
        .isEmpty();
    assertThat(
            OutboxTable.problem(global, OutboxAttributes.INDEX, REGION, Optional.of("us-east-1")))
        .isPresent();
  }
}
