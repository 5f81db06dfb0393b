package io.outboxpipeline.dynamodb;

import io.outboxpipeline.outbox.Aggregate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/**
 * What a restored table lacks: the numbers that were given out after the backup. Raises the number
 * of each item to the one that the consumer has seen, so that the next event gets a new one. To be
 * run while nobody writes and no relay runs; may be run again. Thread-safe; the client stays the
 * caller's.
 */
public final class RaisedNumbers {

  private final DynamoDbClient client;
  private final String table;

  public RaisedNumbers(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  /**
   * What became of it.
   *
   * @param raised those whose item had a lower number: its events that wait are taken out, because
   *     the consumer has had every one of them
   * @param kept those whose item has that number, or a higher one
   * @param missing those that no item is: the item was made after the backup
   */
  public record Report(Set<Aggregate> raised, Set<Aggregate> kept, Set<Aggregate> missing) {
    public Report {
      raised = Set.copyOf(raised);
      kept = Set.copyOf(kept);
      missing = Set.copyOf(missing);
    }
  }

  /**
   * Reads the whole table, and raises.
   *
   * @param seen the last number of each aggregate that the consumer has applied
   * @throws ConditionalCheckFailedException if somebody writes meanwhile
   * @throws software.amazon.awssdk.core.exception.SdkException if DynamoDB refuses it, or is away
   */
  public Report raise(Map<Aggregate, Long> seen) {
    TableDescription description = client.describeTable(r -> r.tableName(table)).table();
    List<String> key =
        description.keySchema().stream().map(KeySchemaElement::attributeName).toList();
    Map<AttributeValue, Aggregate> byPair =
        seen.keySet().stream().collect(Collectors.toMap(Part::pair, a -> a));
    Set<Aggregate> raised = new HashSet<>();
    Set<Aggregate> kept = new HashSet<>();
    for (Map<String, AttributeValue> item : items(key)) {
      Aggregate aggregate = byPair.get(item.get(OutboxAttributes.AGGREGATE));
      if (aggregate != null) {
        long is = PendingEvent.number(item, OutboxAttributes.SEQUENCE).orElse(0L);
        long wanted = seen.getOrDefault(aggregate, 0L);
        if (is < wanted) {
          raise(
              key.stream().collect(Collectors.toMap(k -> k, item::get)),
              item.containsKey(OutboxAttributes.SEQUENCE),
              is,
              wanted);
        }
        (is < wanted ? raised : kept).add(aggregate);
      }
    }
    Set<Aggregate> missing = new HashSet<>(seen.keySet());
    missing.removeAll(raised);
    missing.removeAll(kept);
    return new Report(raised, kept, missing);
  }

  private Iterable<Map<String, AttributeValue>> items(List<String> key) {
    Map<String, String> names = new HashMap<>();
    List<String> all = new ArrayList<>(key);
    all.addAll(List.of(OutboxAttributes.AGGREGATE, OutboxAttributes.SEQUENCE));
    for (String name : all) {
      names.put("#n" + names.size(), name);
    }
    return client
        .scanPaginator(
            r ->
                r.tableName(table)
                    .consistentRead(true)
                    .projectionExpression(String.join(", ", names.keySet()))
                    .expressionAttributeNames(names))
        .items();
  }

  private void raise(Map<String, AttributeValue> key, boolean numbered, long is, long wanted) {
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":wanted", PendingEvent.number(wanted));
    if (numbered) {
      values.put(":is", PendingEvent.number(is));
    }
    client.updateItem(
        r ->
            r.tableName(table)
                .key(key)
                .updateExpression(
                    "SET obt_seq = :wanted"
                        + " REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes")
                .conditionExpression(numbered ? "obt_seq = :is" : "attribute_not_exists(obt_seq)")
                .expressionAttributeValues(values));
  }
}
