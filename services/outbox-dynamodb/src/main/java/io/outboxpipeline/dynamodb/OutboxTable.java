package io.outboxpipeline.dynamodb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateGlobalSecondaryIndexAction;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexUpdate;
import software.amazon.awssdk.services.dynamodb.model.IndexStatus;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.Projection;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/** What a table needs for an outbox, beside its own key: the index of the items that wait. */
public final class OutboxTable {

  private static final List<AttributeDefinition> DEFINITIONS =
      List.of(number(OutboxAttributes.SHARD), number(OutboxAttributes.SLOT));

  private OutboxTable() {}

  /** The index, to create a table with. Its two attributes are {@link #definitions()}. */
  public static GlobalSecondaryIndex index(String name) {
    return GlobalSecondaryIndex.builder()
        .indexName(name)
        .keySchema(keys())
        .projection(Projection.builder().projectionType(ProjectionType.KEYS_ONLY).build())
        .build();
  }

  /** The definitions of the index's attributes. */
  public static List<AttributeDefinition> definitions() {
    return DEFINITIONS;
  }

  private static List<KeySchemaElement> keys() {
    return List.of(
        key(OutboxAttributes.SHARD, KeyType.HASH), key(OutboxAttributes.SLOT, KeyType.RANGE));
  }

  private static KeySchemaElement key(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }

  private static AttributeDefinition number(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.N)
        .build();
  }

  /**
   * Creates a table that is paid for on demand, with the index, unless it is there; waits for it.
   *
   * @param keys the names of its key: the partition key, and a sort key if there are two. Texts
   */
  public static void create(DynamoDbClient client, String table, String index, String... keys) {
    create(client, request(table, index, keys));
  }

  /** The request for such a table, to be added to. */
  public static CreateTableRequest request(String table, String index, String... keys) {
    CreateTableRequest plain = request(table, keys);
    List<AttributeDefinition> definitions = new ArrayList<>(DEFINITIONS);
    definitions.addAll(plain.attributeDefinitions());
    return plain.toBuilder()
        .attributeDefinitions(definitions)
        .globalSecondaryIndexes(index(index))
        .build();
  }

  /** Creates the table that relays keep their own in, unless it is there; waits for it. */
  public static void createForRelays(DynamoDbClient client, String table) {
    create(client, requestForRelays(table));
  }

  /** The request for such a table, to be added to. */
  public static CreateTableRequest requestForRelays(String table) {
    return request(table, new String[] {"pk", "sk"});
  }

  private static CreateTableRequest request(String table, String[] keys) {
    return CreateTableRequest.builder()
        .tableName(table)
        .billingMode(BillingMode.PAY_PER_REQUEST)
        .attributeDefinitions(Stream.of(keys).map(OutboxTable::text).toList())
        .keySchema(schema(keys))
        .build();
  }

  private static List<KeySchemaElement> schema(String... keys) {
    List<KeySchemaElement> schema = new ArrayList<>();
    for (String key : keys) {
      schema.add(key(key, schema.isEmpty() ? KeyType.HASH : KeyType.RANGE));
    }
    return schema;
  }

  private static void create(DynamoDbClient client, CreateTableRequest request) {
    try {
      client.createTable(request);
    } catch (ResourceInUseException e) {
      // It is there, or another one creates it.
    }
    client.waiter().waitUntilTableExists(r -> r.tableName(request.tableName()));
  }

  private static AttributeDefinition text(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.S)
        .build();
  }

  /** Adds the index to a table that has none, unless it is there; it is filled meanwhile. */
  public static void addIndex(DynamoDbClient client, String table, String index) {
    TableDescription there = client.describeTable(r -> r.tableName(table)).table();
    if (there.globalSecondaryIndexes().stream().anyMatch(i -> i.indexName().equals(index))) {
      return;
    }
    client.updateTable(
        r ->
            r.tableName(table)
                .attributeDefinitions(DEFINITIONS)
                .globalSecondaryIndexUpdates(
                    GlobalSecondaryIndexUpdate.builder()
                        .create(
                            CreateGlobalSecondaryIndexAction.builder()
                                .indexName(index)
                                .keySchema(keys())
                                .projection(p -> p.projectionType(ProjectionType.KEYS_ONLY))
                                .build())
                        .build()));
  }

  /** Whether these texts, one or two, are a table's key. */
  public static boolean hasKeys(TableDescription table, String... keys) {
    return table.keySchema().equals(schema(keys))
        && Stream.of(keys).allMatch(k -> table.attributeDefinitions().contains(text(k)));
  }

  /**
   * What is wrong with a table for a relay, if anything.
   *
   * @param region the one that the relay works in
   * @param writeRegion the one region that all writers of a global table use, as declared
   */
  public static Optional<String> problem(
      TableDescription table, String index, String region, Optional<String> writeRegion) {
    if (table.hasReplicas() && !table.replicas().isEmpty() && writeRegion.isEmpty()) {
      return Optional.of(
          "the table has replicas: the last writer wins there and events vanish, unless all"
              + " writers and the relays use one region, which has to be declared");
    }
    if (writeRegion.isPresent() && !writeRegion.get().equals(region)) {
      return Optional.of(
          "the relay is in " + region + ", and the table is written in " + writeRegion.get());
    }
    Optional<GlobalSecondaryIndexDescription> found =
        table.globalSecondaryIndexes().stream()
            .filter(i -> i.indexName().equals(index))
            .findFirst();
    if (found.isEmpty()) {
      return Optional.of("the table has no index " + index);
    }
    return problem(table, found.get());
  }

  private static Optional<String> problem(
      TableDescription table, GlobalSecondaryIndexDescription index) {
    Map<String, ScalarAttributeType> types =
        table.attributeDefinitions().stream()
            .collect(
                Collectors.toMap(
                    AttributeDefinition::attributeName, AttributeDefinition::attributeType));
    boolean asNeeded =
        index.keySchema().equals(keys())
            && types.get(OutboxAttributes.SHARD) == ScalarAttributeType.N
            && types.get(OutboxAttributes.SLOT) == ScalarAttributeType.N;
    if (!asNeeded) {
      return Optional.of(
          "the index "
              + index.indexName()
              + " must have the partition key obt_shard and the sort key obt_slot, both numbers");
    }
    if (index.projection().projectionType() != ProjectionType.KEYS_ONLY) {
      return Optional.of(
          "the index "
              + index.indexName()
              + " must have keys only: each append would write more of it");
    }
    if (index.indexStatus() != IndexStatus.ACTIVE || Boolean.TRUE.equals(index.backfilling())) {
      return Optional.of("the index " + index.indexName() + " is not filled yet");
    }
    return Optional.empty();
  }
}
