package io.outboxpipeline.dynamodb;

import io.outboxpipeline.testkit.DynamoDbPeer;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** A table with the key {@code pk} and the outbox's index, for one test. */
@NullUnmarked // an attribute that is missing fails the test
final class TestTable implements AutoCloseable {
  final DynamoDbClient client = DynamoDbPeer.client();
  final String name = "obt-test-" + UUID.randomUUID();

  TestTable() {
    OutboxTable.create(client, name, OutboxAttributes.INDEX, "pk");
  }

  static Map<String, AttributeValue> key(String id) {
    return Map.of("pk", AttributeValue.fromS(id));
  }

  Map<String, AttributeValue> item(String id) {
    return client.getItem(r -> r.tableName(name).key(key(id)).consistentRead(true)).item();
  }

  OutboxItem outbox(String id) throws OutboxItem.MalformedItemException {
    return OutboxItem.read(item(id)).orElseThrow();
  }

  /** An update that counts, with a placeholder of its own. */
  Update count(String id) {
    return Update.builder()
        .tableName(name)
        .key(key(id))
        .updateExpression("SET #c = if_not_exists(#c, :zero) + :one")
        .expressionAttributeNames(Map.of("#c", "count"))
        .expressionAttributeValues(
            Map.of(":zero", AttributeValue.fromN("0"), ":one", AttributeValue.fromN("1")))
        .build();
  }

  /** The same, as long as the count is below. */
  Update countBelow(String id, int limit) {
    Update update = count(id);
    var values = new HashMap<>(update.expressionAttributeValues());
    values.put(":limit", AttributeValue.fromN(Integer.toString(limit)));
    return update.toBuilder()
        .conditionExpression("attribute_not_exists(#c) OR #c < :limit")
        .expressionAttributeValues(values)
        .build();
  }

  /** The keys in the index. */
  java.util.List<String> indexed() {
    return client
        .scanPaginator(r -> r.tableName(name).indexName(OutboxAttributes.INDEX))
        .items()
        .stream()
        .map(i -> i.get("pk").s())
        .collect(Collectors.toList());
  }

  @Override
  public void close() {
    client.deleteTable(r -> r.tableName(name));
    client.close();
  }
}
