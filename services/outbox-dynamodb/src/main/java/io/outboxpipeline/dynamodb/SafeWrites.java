package io.outboxpipeline.dynamodb;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/**
 * Puts and deletes that keep an item's events that wait, and its number. DynamoDB's own take both
 * away: the events are lost, and the next ones get numbers that the consumer has seen and drops.
 * Thread-safe; the client stays the caller's.
 */
public final class SafeWrites {
  private static final int ATTEMPTS = 20;

  private final DynamoDbClient client;

  public SafeWrites(DynamoDbClient client) {
    this.client = client;
  }

  /**
   * Replaces an item, or creates it.
   *
   * @param key of the item
   * @param item all of its attributes, the key's included
   * @throws IllegalArgumentException if one of them is the outbox's
   * @throws ConditionalCheckFailedException if events come and go faster than it can be read
   * @throws software.amazon.awssdk.core.exception.SdkException if DynamoDB refuses it, or is away
   */
  public void put(String table, Map<String, AttributeValue> key, Map<String, AttributeValue> item) {
    if (item.keySet().stream().anyMatch(SafeWrites::isOurs)) {
      throw new IllegalArgumentException(
          "attributes that begin with " + OutboxAttributes.PREFIX + " are the outbox's own");
    }
    repeat(table, key, kept -> replaced(table, item, kept));
  }

  /**
   * Deletes an item. Of one that ever had an event its key and its number are left, and the events
   * that still wait, which the relay takes away.
   *
   * @throws ConditionalCheckFailedException if events come and go faster than it can be read
   * @throws software.amazon.awssdk.core.exception.SdkException if DynamoDB refuses it, or is away
   */
  public void delete(String table, Map<String, AttributeValue> key) {
    repeat(
        table,
        key,
        kept -> {
          if (!kept.isEmpty()) {
            return replaced(table, key, kept);
          }
          client.deleteItem(
              r ->
                  r.tableName(table).key(key).conditionExpression("attribute_not_exists(obt_seq)"));
          return true;
        });
  }

  private void repeat(
      String table, Map<String, AttributeValue> key, Predicate<Map<String, AttributeValue>> write) {
    for (int attempt = 1; ; attempt++) {
      Map<String, AttributeValue> kept = new HashMap<>();
      client
          .getItem(r -> r.tableName(table).key(key).consistentRead(true))
          .item()
          .forEach(
              (name, value) -> {
                if (isOurs(name)) {
                  kept.put(name, value);
                }
              });
      try {
        if (write.test(kept)) {
          return;
        }
      } catch (ConditionalCheckFailedException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** On condition that nothing of the outbox has changed since it was read. */
  private boolean replaced(
      String table, Map<String, AttributeValue> item, Map<String, AttributeValue> kept) {
    Map<String, AttributeValue> whole = new HashMap<>(item);
    whole.putAll(kept);
    PutItemRequest.Builder put = PutItemRequest.builder().tableName(table).item(whole);
    AttributeValue number = kept.get(OutboxAttributes.SEQUENCE);
    AttributeValue events = kept.get(OutboxAttributes.EVENTS);
    if (number == null) {
      put.conditionExpression("attribute_not_exists(obt_seq)");
    } else if (events == null) {
      put.conditionExpression("obt_seq = :seq AND attribute_not_exists(obt_events)")
          .expressionAttributeValues(Map.of(":seq", number));
    } else {
      put.conditionExpression("obt_seq = :seq AND obt_events = :events")
          .expressionAttributeValues(Map.of(":seq", number, ":events", events));
    }
    client.putItem(put.build());
    return true;
  }

  private static boolean isOurs(String name) {
    return name.startsWith(OutboxAttributes.PREFIX);
  }
}
