package io.outboxpipeline.bench;

import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromN;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromS;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.JavaProcess;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

/**
 * A table with events and one of the relays, on a local DynamoDB, behind a proxy that counts calls.
 * Its times are a local program's, not Amazon's; calls and units are the same there.
 */
final class DynamoDbTables implements AutoCloseable {
  final DynamoDbClient client = DynamoDbPeer.client();
  final String name = "obt-bench-" + UUID.randomUUID();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());

  DynamoDbTables() {
    OutboxTable.create(client, name, OutboxAttributes.INDEX, "pk");
    OutboxTable.createForRelays(client, name + "-relay");
  }

  static Map<String, AttributeValue> key(String id) {
    return Map.of("pk", fromS(id));
  }

  /** What a caller changes beside the events: a number of the item. */
  Update count(String id) {
    return Update.builder()
        .tableName(name)
        .key(key(id))
        .updateExpression("ADD n :one")
        .expressionAttributeValues(Map.of(":one", fromN("1")))
        .build();
  }

  /** How often each action was asked for by the relay. */
  Map<String, Integer> calls() {
    return proxy.calls();
  }

  /**
   * Starts a relay.
   *
   * @param counted whether its calls are counted, which takes time
   */
  JavaProcess relay(Rig rig, boolean counted, Map<String, String> settings) {
    var environment = new HashMap<>(settings);
    environment.put("RELAY_STORE", "dynamodb");
    environment.put("DYNAMODB_TABLE", name);
    environment.put(
        "AWS_ENDPOINT_URL_DYNAMODB",
        (counted ? proxy.endpoint() : DynamoDbPeer.endpoint()).toString());
    var none = new Database("none", 1, "none", "none", "none");
    return rig.start(
        io.outboxpipeline.relay.Main.class,
        rig.options().relayOptions(),
        "",
        rig.relayEnvironment(none, environment));
  }

  boolean isEmpty() {
    return client.scan(r -> r.tableName(name).indexName(OutboxAttributes.INDEX).limit(1)).count()
        == 0;
  }

  @Override
  public void close() {
    for (String table : List.of(name, name + "-relay")) {
      client.deleteTable(r -> r.tableName(table));
    }
    proxy.close();
    client.close();
  }
}
