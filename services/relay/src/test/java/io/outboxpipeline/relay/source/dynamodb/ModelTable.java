package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbServiceClientConfiguration;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableResponse;
import software.amazon.awssdk.services.dynamodb.model.DescribeTimeToLiveRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTimeToLiveResponse;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.IndexStatus;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsResponse;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.TransactionConflictException;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/**
 * A table in memory whose index lags, with tokens and DynamoDB's faults. Carries out the
 * expressions that it is given, and knows nothing of what they are for.
 */
@NullUnmarked // an attribute that is missing fails the test
final class ModelTable implements DynamoDbClient {
  static final String NAME = "t";
  private static final String KEY = "pk";

  /** What becomes of a call. */
  enum Fault {
    NONE,
    THROTTLE,
    CONFLICT,
    DENY,
    DROP_BEFORE,
    DROP_AFTER
  }

  /** Decides, call by call. */
  interface Luck {
    Fault next();
  }

  /** Told of each change of an item, as it is made. */
  interface Watcher {
    void changed(String key, Map<String, AttributeValue> before, Map<String, AttributeValue> after);
  }

  private record Lagging(String key, @Nullable Integer slot) {}

  final Map<String, Map<String, AttributeValue>> items = new TreeMap<>();
  private final Map<String, Integer> index = new TreeMap<>();
  private final List<Lagging> lagging = new ArrayList<>();
  private final Set<String> tokens = new HashSet<>();
  private final Random random;
  private final Luck luck;
  private final Watcher watcher;
  int calls;

  ModelTable(Random random, Luck luck, Watcher watcher) {
    this.random = random;
    this.luck = luck;
    this.watcher = watcher;
  }

  static Map<String, AttributeValue> key(String key) {
    return Map.of(KEY, AttributeValue.fromS(key));
  }

  /** How many items wait as far as the index knows. */
  int indexed() {
    return index.size();
  }

  /** The index hears of one change; the changes of one item stay in their order. */
  void catchUp() {
    if (!lagging.isEmpty()) {
      String key = lagging.get(random.nextInt(lagging.size())).key;
      Lagging next = lagging.stream().filter(l -> l.key.equals(key)).findFirst().orElseThrow();
      lagging.remove(next);
      if (next.slot == null) {
        index.remove(key);
      } else {
        index.put(key, next.slot);
      }
    }
  }

  boolean lags() {
    return !lagging.isEmpty();
  }

  // ---- faults ----

  /** What goes wrong before a call is carried out; tells whether its answer is lost afterwards. */
  private boolean begin() {
    calls++;
    Fault fault = luck.next();
    switch (fault) {
      case THROTTLE ->
          throw ProvisionedThroughputExceededException.builder().message("throttled").build();
      case CONFLICT -> throw TransactionConflictException.builder().message("conflict").build();
      case DENY ->
          throw DynamoDbException.builder()
              .awsErrorDetails(AwsErrorDetails.builder().errorCode("AccessDeniedException").build())
              .statusCode(400)
              .build();
      case DROP_BEFORE -> throw SdkClientException.create("not arrived");
      case NONE, DROP_AFTER -> {}
    }
    return fault == Fault.DROP_AFTER;
  }

  private static <T> T end(boolean lost, T answer) {
    if (lost) {
      throw SdkClientException.create("the answer is lost");
    }
    return answer;
  }

  // ---- reading ----

  @Override
  public QueryResponse query(QueryRequest request) {
    boolean lost = begin();
    Map<String, AttributeValue> values = request.expressionAttributeValues();
    int first = Integer.parseInt(values.get(":first").n());
    int last = Integer.parseInt(values.get(":last").n());
    List<Map<String, AttributeValue>> all =
        index.entrySet().stream()
            .filter(e -> e.getValue() >= first && e.getValue() <= last)
            .sorted(Comparator.comparing(Map.Entry::getValue))
            .map(e -> entry(e.getKey(), e.getValue()))
            .toList();
    int from = request.hasExclusiveStartKey() ? after(all, request.exclusiveStartKey()) : 0;
    int to = Math.min(all.size(), from + 1 + random.nextInt(5));
    var answer = QueryResponse.builder().items(all.subList(from, to)).count(to - from);
    if (to < all.size()) {
      answer.lastEvaluatedKey(all.get(to - 1));
    }
    return end(lost, answer.build());
  }

  private static Map<String, AttributeValue> entry(String key, int slot) {
    return Map.of(
        KEY,
        AttributeValue.fromS(key),
        OutboxAttributes.SLOT,
        AttributeValue.fromN(Integer.toString(slot)),
        OutboxAttributes.SHARD,
        AttributeValue.fromN(Integer.toString(OutboxAttributes.shard(slot))));
  }

  /** The place behind an entry, which may have left the index meanwhile. */
  private static int after(
      List<Map<String, AttributeValue>> all, Map<String, AttributeValue> last) {
    return (int) all.stream().filter(e -> place(e).compareTo(place(last)) <= 0).count();
  }

  private static String place(Map<String, AttributeValue> entry) {
    int slot = Integer.parseInt(entry.get(OutboxAttributes.SLOT).n());
    return (slot + 1_000) + " " + entry.get(KEY).s();
  }

  @Override
  public BatchGetItemResponse batchGetItem(BatchGetItemRequest request) {
    boolean lost = begin();
    List<Map<String, AttributeValue>> keys = request.requestItems().get(NAME).keys();
    int read = luck.next() == Fault.NONE ? keys.size() : random.nextInt(keys.size() + 1);
    List<Map<String, AttributeValue>> found =
        keys.subList(0, read).stream()
            .map(k -> items.get(k.get(KEY).s()))
            .filter(Objects::nonNull)
            .toList();
    var answer = BatchGetItemResponse.builder().responses(Map.of(NAME, found));
    answer.unprocessedKeys(
        read == keys.size()
            ? Map.of()
            : Map.of(
                NAME, KeysAndAttributes.builder().keys(keys.subList(read, keys.size())).build()));
    return end(lost, answer.build());
  }

  // ---- changing ----

  private Map<String, AttributeValue> item(Map<String, AttributeValue> key) {
    return items.getOrDefault(key.get(KEY).s(), key);
  }

  private void put(Map<String, AttributeValue> key, Map<String, AttributeValue> after) {
    String k = key.get(KEY).s();
    Map<String, AttributeValue> before = items.getOrDefault(k, Map.of());
    items.put(k, after);
    AttributeValue slot = after.get(OutboxAttributes.SLOT);
    if (!Objects.equals(slot, before.get(OutboxAttributes.SLOT))) {
      lagging.add(new Lagging(k, slot == null ? null : Integer.valueOf(slot.n())));
    }
    watcher.changed(k, before, after);
  }

  @Override
  public UpdateItemResponse updateItem(UpdateItemRequest request) {
    boolean lost = begin();
    Map<String, AttributeValue> item = item(request.key());
    var scope =
        new Expressions.Scope(
            item, request.expressionAttributeNames(), request.expressionAttributeValues());
    if (!Expressions.holds(request.conditionExpression(), scope)) {
      end(lost, item);
      throw ConditionalCheckFailedException.builder().item(item).build();
    }
    Map<String, AttributeValue> after = Expressions.updated(request.updateExpression(), scope);
    put(request.key(), after);
    return end(lost, UpdateItemResponse.builder().attributes(after).build());
  }

  @Override
  public TransactWriteItemsResponse transactWriteItems(TransactWriteItemsRequest request) {
    boolean lost = begin();
    String token = request.clientRequestToken();
    if (token == null || !tokens.contains(token)) {
      List<CancellationReason> reasons =
          request.transactItems().stream().map(this::reason).toList();
      if (reasons.stream().anyMatch(r -> !r.code().equals("None"))) {
        end(lost, reasons);
        throw TransactionCanceledException.builder().cancellationReasons(reasons).build();
      }
      request.transactItems().forEach(this::carryOut);
      if (token != null) {
        tokens.add(token);
      }
    }
    return end(lost, TransactWriteItemsResponse.builder().build());
  }

  private Expressions.Scope scope(Update update) {
    return new Expressions.Scope(
        item(update.key()), update.expressionAttributeNames(), update.expressionAttributeValues());
  }

  private CancellationReason reason(TransactWriteItem item) {
    Update update = item.update();
    return update == null || Expressions.holds(update.conditionExpression(), scope(update))
        ? CancellationReason.builder().code("None").build()
        : CancellationReason.builder()
            .code("ConditionalCheckFailed")
            .item(item(update.key()))
            .build();
  }

  /** Puts go to the relays' table, which nobody reads here. */
  private void carryOut(TransactWriteItem item) {
    Update update = item.update();
    if (update != null) {
      put(update.key(), Expressions.updated(update.updateExpression(), scope(update)));
    }
  }

  // ---- what it is ----

  @Override
  public DescribeTableResponse describeTable(DescribeTableRequest request) {
    boolean lost = begin();
    var made = OutboxTable.request(NAME, OutboxAttributes.INDEX, KEY);
    var described =
        GlobalSecondaryIndexDescription.builder()
            .indexName(OutboxAttributes.INDEX)
            .keySchema(made.globalSecondaryIndexes().getFirst().keySchema())
            .projection(p -> p.projectionType(ProjectionType.KEYS_ONLY))
            .indexStatus(IndexStatus.ACTIVE)
            .build();
    return end(
        lost,
        DescribeTableResponse.builder()
            .table(
                t ->
                    t.tableName(NAME)
                        .keySchema(made.keySchema())
                        .attributeDefinitions(made.attributeDefinitions())
                        .globalSecondaryIndexes(described))
            .build());
  }

  @Override
  public DescribeTimeToLiveResponse describeTimeToLive(DescribeTimeToLiveRequest request) {
    return end(begin(), DescribeTimeToLiveResponse.builder().build());
  }

  @Override
  public DynamoDbServiceClientConfiguration serviceClientConfiguration() {
    return DynamoDbServiceClientConfiguration.builder().region(Region.EU_CENTRAL_1).build();
  }

  @Override
  public String serviceName() {
    return SERVICE_NAME;
  }

  @Override
  public void close() {}
}
