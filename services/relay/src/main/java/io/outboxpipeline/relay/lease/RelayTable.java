package io.outboxpipeline.relay.lease;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * The relays' own table, beside the one with the events: the fence, leases where they are not in
 * Kubernetes, the outbox's name, and events that were discarded. Its key is {@code pk} and {@code
 * sk}, both texts. Thread-safe; the client, which must not repeat calls, stays the caller's.
 */
public final class RelayTable {
  static final String PK = "pk";
  static final String SK = "sk";
  static final String VERSION = "version";

  /** How often a call is tried whose answer was lost. */
  private static final int ATTEMPTS = 3;

  final DynamoDbClient client;
  final String name;

  public RelayTable(DynamoDbClient client, String name) {
    this.client = client;
    this.name = name;
  }

  /** The name under which the outbox's events are sent: given once, and kept for ever. */
  public URI source() {
    return get("outbox", "source")
        .or(
            () -> {
              String drawn = "/outbox/" + UUID.randomUUID();
              create("outbox", "source", Map.of("name", AttributeValue.fromS(drawn)));
              return get("outbox", "source");
            })
        .map(item -> URI.create(of(item, "name").s()))
        .orElseThrow();
  }

  Optional<Map<String, AttributeValue>> get(String pk, String sk) {
    Map<String, AttributeValue> item =
        Repeat.upTo(
            ATTEMPTS,
            () ->
                client
                    .getItem(r -> r.tableName(name).key(key(pk, sk)).consistentRead(true))
                    .item());
    return item.isEmpty() ? Optional.empty() : Optional.of(item);
  }

  List<Map<String, AttributeValue>> all(String pk) {
    return Repeat.upTo(ATTEMPTS, () -> allAtOnce(pk));
  }

  private List<Map<String, AttributeValue>> allAtOnce(String pk) {
    return client
        .queryPaginator(
            r ->
                r.tableName(name)
                    .consistentRead(true)
                    .keyConditionExpression("pk = :pk")
                    .expressionAttributeValues(Map.of(":pk", AttributeValue.fromS(pk))))
        .items()
        .stream()
        .toList();
  }

  /** Writes an item where there is none; false if there is one. */
  private boolean create(String pk, String sk, Map<String, AttributeValue> attributes) {
    return put(pk, sk, attributes, "", UUID.randomUUID().toString());
  }

  /**
   * Writes an item in place of a version of it.
   *
   * @param seen the version that must be there; empty: there must be none
   * @param next the version that the item gets, chosen by the writer: an answer that was lost is
   *     found out by it
   * @return false if another one was there
   */
  boolean put(
      String pk, String sk, Map<String, AttributeValue> attributes, String seen, String next) {
    Map<String, AttributeValue> item = new HashMap<>(attributes);
    item.putAll(key(pk, sk));
    item.put(VERSION, AttributeValue.fromS(next));
    PutItemRequest.Builder put =
        PutItemRequest.builder()
            .tableName(name)
            .item(item)
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
    if (seen.isEmpty()) {
      put.conditionExpression("attribute_not_exists(pk)");
    } else {
      put.conditionExpression("version = :seen")
          .expressionAttributeValues(Map.of(":seen", AttributeValue.fromS(seen)));
    }
    return Repeat.upTo(
        ATTEMPTS,
        () -> {
          try {
            client.putItem(put.build());
            return true;
          } catch (ConditionalCheckFailedException e) {
            AttributeValue there = e.hasItem() ? e.item().get(VERSION) : null;
            return there != null && next.equals(there.s());
          }
        });
  }

  /** An attribute that every item of its kind has. */
  static AttributeValue of(Map<String, AttributeValue> item, String attribute) {
    return Objects.requireNonNull(item.get(attribute), attribute);
  }

  static Map<String, AttributeValue> key(String pk, String sk) {
    return Map.of(PK, AttributeValue.fromS(pk), SK, AttributeValue.fromS(sk));
  }
}
