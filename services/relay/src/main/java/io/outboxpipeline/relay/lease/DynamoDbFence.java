package io.outboxpipeline.relay.lease;

import io.outboxpipeline.ownership.Fence;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.Layout;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.ownership.Partitions;
import io.outboxpipeline.ownership.RaiseOutcome;
import io.outboxpipeline.ownership.StoreException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * The fence as one item of the relays' table: the epochs of all partitions in a list, and beside
 * each who raised it, so that an answer that was lost is found out. Thread-safe.
 */
public final class DynamoDbFence implements Fence {
  private static final String FENCE = "fence";
  private static final int ATTEMPTS = 3;

  private final RelayTable table;

  public DynamoDbFence(RelayTable table) {
    this.table = table;
  }

  private static <T> T asked(Supplier<T> call) {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new StoreException("cannot ask the fence", e);
    }
  }

  private static List<Long> epochs(Map<String, AttributeValue> item) {
    return RelayTable.of(item, "epochs").l().stream().map(e -> Long.parseLong(e.n())).toList();
  }

  @Override
  public Layout layout() {
    return asked(() -> table.get(FENCE, FENCE).map(DynamoDbFence::layout).orElse(Layout.NONE));
  }

  private static Layout layout(Map<String, AttributeValue> item) {
    List<Long> epochs = epochs(item);
    return new Layout(epochs.size(), epochs.stream().mapToLong(e -> e).sum());
  }

  /** A partition's epoch; 0 if there is no such partition. */
  public long epoch(int partition) {
    return asked(
        () ->
            table
                .get(FENCE, FENCE)
                .map(DynamoDbFence::epochs)
                .filter(e -> partition < e.size())
                .map(e -> e.get(partition))
                .orElse(0L));
  }

  @Override
  public boolean lay(Layout seen, int partitions) {
    return asked(
        () -> {
          Optional<Map<String, AttributeValue>> there = table.get(FENCE, FENCE);
          if (!there.map(DynamoDbFence::layout).orElse(Layout.NONE).equals(seen)) {
            return false;
          }
          long epoch = there.map(i -> Collections.max(epochs(i)) + 1).orElse(0L);
          String version = there.map(i -> RelayTable.of(i, RelayTable.VERSION).s()).orElse("");
          Map<String, AttributeValue> item =
              Map.of(
                  "partitions", number(partitions),
                  "epochs", AttributeValue.fromL(Collections.nCopies(partitions, number(epoch))),
                  "raised",
                      AttributeValue.fromL(
                          Collections.nCopies(partitions, AttributeValue.fromS("-"))));
          return table.put(FENCE, FENCE, item, version, UUID.randomUUID().toString());
        });
  }

  @Override
  public RaiseOutcome raise(MemberId owner, Grant grant) {
    String raise = UUID.randomUUID().toString();
    return asked(() -> Repeat.upTo(ATTEMPTS, () -> raise(grant, raise)));
  }

  private RaiseOutcome raise(Grant grant, String raise) {
    int p = grant.partition();
    Map<String, AttributeValue> there = table.get(FENCE, FENCE).orElse(Map.of());
    if (there.isEmpty()
        || p >= epochs(there).size()
        || !Partitions.range(p, epochs(there).size()).equals(grant.slots())) {
      return new RaiseOutcome.Repartitioned();
    }
    try {
      table.client.updateItem(
          r ->
              r.tableName(table.name)
                  .key(RelayTable.key(FENCE, FENCE))
                  .updateExpression(
                      "SET #epochs[%s] = :epoch, #raised[%s] = :raise, #version = :raise"
                          .formatted(p, p))
                  .conditionExpression("#partitions = :count AND #epochs[%s] < :epoch".formatted(p))
                  .expressionAttributeNames(
                      Map.of(
                          "#epochs", "epochs",
                          "#raised", "raised",
                          "#version", RelayTable.VERSION,
                          "#partitions", "partitions"))
                  .expressionAttributeValues(
                      Map.of(
                          ":epoch", number(grant.epoch()),
                          ":raise", AttributeValue.fromS(raise),
                          ":count", number(epochs(there).size())))
                  .returnValuesOnConditionCheckFailure(
                      ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return new RaiseOutcome.Raised();
    } catch (ConditionalCheckFailedException e) {
      Map<String, AttributeValue> now = e.hasItem() ? e.item() : Map.of();
      if (now.isEmpty() || epochs(now).size() != epochs(there).size()) {
        return new RaiseOutcome.Repartitioned();
      }
      return raise.equals(RelayTable.of(now, "raised").l().get(p).s())
          ? new RaiseOutcome.Raised()
          : new RaiseOutcome.Stale(epochs(now).get(p));
    }
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
