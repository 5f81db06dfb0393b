package io.outboxpipeline.relay.source.dynamodb;

import static io.outboxpipeline.dynamodb.OutboxAttributes.AGGREGATE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.BYTES;
import static io.outboxpipeline.dynamodb.OutboxAttributes.EVENTS;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SEQUENCE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SHARD;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SINCE;
import static io.outboxpipeline.dynamodb.OutboxAttributes.SLOT;
import static java.util.Objects.requireNonNull;

import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.dynamodb.PendingEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** A table of DynamoDB. The client must not repeat calls. */
final class DynamoDbItems implements ItemTable {
  private static final Map<String, String> NAMES =
      Map.of(
          "#events", EVENTS,
          "#seq", SEQUENCE,
          "#slot", SLOT,
          "#shard", SHARD,
          "#since", SINCE,
          "#bytes", BYTES,
          "#aggregate", AGGREGATE);

  private static final Set<TimeToLiveStatus> EXPIRES =
      Set.of(TimeToLiveStatus.ENABLED, TimeToLiveStatus.ENABLING);

  private final DynamoDbClient client;
  private final String table;
  private final String index;
  private final String region;
  private final Optional<String> writeRegion;
  private final IntToLongFunction fence;

  /** The key's attributes and the one by which items expire, known once the table was looked at. */
  private volatile List<String> keys = List.of();

  private volatile Optional<String> expiry = Optional.empty();

  private final Expiring expiring = new Expiring();

  DynamoDbItems(
      DynamoDbClient client,
      String table,
      String index,
      Optional<String> writeRegion,
      IntToLongFunction fence) {
    this.client = client;
    this.table = table;
    this.index = index;
    this.region = client.serviceClientConfiguration().region().id();
    this.writeRegion = writeRegion;
    this.fence = fence;
  }

  @Override
  public Optional<String> problem() {
    TableDescription there = client.describeTable(r -> r.tableName(table)).table();
    keys = there.keySchema().stream().map(KeySchemaElement::attributeName).toList();
    TimeToLiveDescription ttl =
        client.describeTimeToLive(r -> r.tableName(table)).timeToLiveDescription();
    expiry =
        ttl != null && EXPIRES.contains(ttl.timeToLiveStatus())
            ? Optional.ofNullable(ttl.attributeName())
            : Optional.empty();
    return OutboxTable.problem(there, index, region, writeRegion);
  }

  @Override
  public Page page(IndexRange range, @Nullable Map<String, AttributeValue> after, int limit) {
    QueryResponse answer =
        client.query(
            r ->
                r.tableName(table)
                    .indexName(index)
                    .limit(limit)
                    .exclusiveStartKey(after)
                    .keyConditionExpression("#shard = :shard AND #slot BETWEEN :first AND :last")
                    .expressionAttributeNames(names("#shard", "#slot"))
                    .expressionAttributeValues(
                        Map.of(
                            ":shard", number(range.shard()),
                            ":first", number(range.first()),
                            ":last", number(range.last()))));
    List<Entry> found =
        answer.items().stream()
            .map(i -> new Entry(key(i), Integer.parseInt(requireNonNull(i.get(SLOT)).n())))
            .toList();
    return new Page(found, answer.hasLastEvaluatedKey() ? answer.lastEvaluatedKey() : null);
  }

  private ItemKey key(Map<String, AttributeValue> item) {
    return new ItemKey(keys.stream().collect(Collectors.toMap(k -> k, item::get)));
  }

  @Override
  public Items read(List<ItemKey> wanted) {
    Map<String, String> names = new HashMap<>(NAMES);
    List<String> attributes = new ArrayList<>(names.keySet());
    List<String> others = new ArrayList<>(keys);
    expiry.ifPresent(others::add);
    for (String other : others) {
      String placeholder = "#k" + names.size();
      names.put(placeholder, other);
      attributes.add(placeholder);
    }
    var asked =
        KeysAndAttributes.builder()
            .keys(wanted.stream().map(ItemKey::attributes).toList())
            .consistentRead(true)
            .expressionAttributeNames(names)
            .projectionExpression(String.join(", ", attributes))
            .build();
    var answer = client.batchGetItem(r -> r.requestItems(Map.of(table, asked)));
    Map<ItemKey, Map<String, AttributeValue>> items = new LinkedHashMap<>();
    answer.responses().getOrDefault(table, List.of()).forEach(i -> items.put(key(i), i));
    expiry.ifPresent(by -> items.forEach((key, item) -> expiring.saw(key, item, by)));
    KeysAndAttributes left = answer.unprocessedKeys().get(table);
    return new Items(
        items, left == null ? List.of() : left.keys().stream().map(ItemKey::new).toList());
  }

  @Override
  public Change remove(ItemKey key, Removal removal) {
    boolean all = removal.rest().isEmpty();
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":head", AttributeValue.fromS(removal.head()));
    values.put(":count", number(removal.count()));
    UpdateItemRequest.Builder update = update(key);
    if (all) {
      update
          .updateExpression("REMOVE #events, #slot, #shard, #since, #bytes")
          .conditionExpression("#events[0].id = :head AND size(#events) = :count")
          .expressionAttributeNames(names("#events", "#slot", "#shard", "#since", "#bytes"));
    } else {
      StringBuilder elements = new StringBuilder();
      // From the last: all indexes mean the list before, but not every peer reads it so.
      for (int i = removal.count() - 1; i >= 0; i--) {
        elements.append("#events[").append(i).append(i == 0 ? "]" : "], ");
      }
      values.put(":bytes", number(removal.bytes()));
      values.put(":since", number(PendingEvent.micros(removal.rest().orElseThrow())));
      update
          .updateExpression("SET #since = :since, #bytes = #bytes - :bytes REMOVE " + elements)
          .conditionExpression("#events[0].id = :head AND size(#events) > :count")
          .expressionAttributeNames(names("#events", "#since", "#bytes"));
    }
    return change(update.expressionAttributeValues(values));
  }

  @Override
  public Change hold(ItemKey key, int n, String eventId, String reason, Instant at) {
    String element = "#events[" + n + "]";
    return change(
        update(key)
            .updateExpression("SET %s.held = :reason, %s.held_at = :at".formatted(element, element))
            .conditionExpression(element + ".id = :id")
            .expressionAttributeNames(names("#events"))
            .expressionAttributeValues(
                Map.of(
                    ":reason", AttributeValue.fromS(reason),
                    ":at", number(PendingEvent.micros(at)),
                    ":id", AttributeValue.fromS(eventId))));
  }

  @Override
  public void probe(ItemKey key) {
    var nothing =
        update(key)
            .updateExpression("REMOVE #events[0]")
            .conditionExpression("#events[0].id = :head")
            .expressionAttributeNames(names("#events"))
            .expressionAttributeValues(Map.of(":head", AttributeValue.fromS("none")));
    change(nothing);
  }

  private UpdateItemRequest.Builder update(ItemKey key) {
    return UpdateItemRequest.builder()
        .tableName(table)
        .key(key.attributes())
        .returnValues(ReturnValue.ALL_NEW)
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
  }

  private Change change(UpdateItemRequest.Builder update) {
    try {
      return new Change(true, client.updateItem(update.build()).attributes());
    } catch (ConditionalCheckFailedException e) {
      return new Change(false, e.hasItem() ? e.item() : Map.of());
    }
  }

  @Override
  public long epoch(int partition) {
    return fence.applyAsLong(partition);
  }

  private static Map<String, String> names(String... placeholders) {
    return List.of(placeholders).stream()
        .collect(Collectors.toMap(p -> p, p -> NAMES.getOrDefault(p, p)));
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
