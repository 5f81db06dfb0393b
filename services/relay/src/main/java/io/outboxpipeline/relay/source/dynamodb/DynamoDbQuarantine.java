package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxItem;
import io.outboxpipeline.dynamodb.PendingEvent;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.quarantine.Quarantine;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * The events that are marked as held, in their places. To find them, all items with events that
 * wait are read, and paid for. An event that is discarded moves to the relays' table, for good.
 */
public final class DynamoDbQuarantine implements Quarantine {
  private static final int AT_ONCE = 20;
  private static final int ATTEMPTS = 10;

  /** An event that is held, where it was found. */
  private record Found(
      ItemKey key, int place, long sequence, PendingEvent event, Aggregate aggregate, int waiting) {

    Entry entry() {
      return new Entry(
          event.id(),
          aggregate,
          sequence,
          event.type(),
          event.held().orElse(""),
          event.heldAt().orElse(Instant.EPOCH),
          waiting);
    }
  }

  private final DynamoDbClient client;
  private final String table;
  private final String relayTable;
  private final DynamoDbItems items;

  public DynamoDbQuarantine(DynamoDbClient client, String table, String index, String relayTable) {
    this.client = client;
    this.table = table;
    this.relayTable = relayTable;
    items = new DynamoDbItems(client, table, index, Optional.empty(), p -> 0);
  }

  @Override
  public List<Entry> list(int limit) throws SQLException {
    return asked(
        () ->
            held().stream()
                .map(Found::entry)
                .sorted(Comparator.comparing(Entry::since))
                .limit(limit)
                .toList());
  }

  private static <T> T asked(Supplier<T> call) throws SQLException {
    try {
      return call.get();
    } catch (SdkException e) {
      throw new SQLTransientException("DynamoDB: " + e.getMessage(), "08006", e);
    }
  }

  private List<Found> held() {
    items.problem(); // finds the key's attributes
    List<Found> found = new ArrayList<>();
    for (int shard = 0; shard < OutboxAttributes.SHARDS; shard++) {
      @Nullable Map<String, AttributeValue> next = null;
      do {
        int width = 256 / OutboxAttributes.SHARDS;
        var range = new IndexRange(shard, shard * width, shard * width + width - 1);
        ItemTable.Page page = items.page(range, next, Reader.PAGE);
        for (int from = 0; from < page.keys().size(); from += AT_ONCE) {
          int to = Math.min(page.keys().size(), from + AT_ONCE);
          read(page.keys().subList(from, to), found);
        }
        next = page.next();
      } while (next != null);
    }
    return found;
  }

  private void read(List<ItemKey> keys, List<Found> found) {
    List<ItemKey> left = keys;
    while (!left.isEmpty()) {
      ItemTable.Items answer = items.read(left);
      answer.items().forEach((key, item) -> find(key, item, found));
      left = answer.unread();
    }
  }

  private static void find(ItemKey key, Map<String, AttributeValue> item, List<Found> found) {
    try {
      OutboxItem waiting = OutboxItem.read(item).orElse(null);
      for (int i = 0; waiting != null && i < waiting.events().size(); i++) {
        PendingEvent event = waiting.events().get(i);
        if (event.held().isPresent()) {
          int behind = waiting.events().size() - i;
          found.add(
              new Found(key, i, waiting.firstSequence() + i, event, waiting.aggregate(), behind));
        }
      }
    } catch (OutboxItem.MalformedItemException e) {
      // Its relay holds it, and says why.
    }
  }

  @Override
  public boolean retry(String eventId) throws SQLException {
    return decide(
        eventId,
        found -> {
          Map<String, AttributeValue> event = new HashMap<>(found.event().element());
          event.remove(PendingEvent.HELD);
          event.remove(PendingEvent.HELD_AT);
          return List.of(put(found, event));
        });
  }

  @Override
  public boolean discard(String eventId) throws SQLException {
    return decide(
        eventId,
        found -> {
          Map<String, AttributeValue> kept = new HashMap<>(found.event().element());
          kept.put("pk", AttributeValue.fromS("discarded"));
          kept.put("sk", AttributeValue.fromS(eventId));
          kept.put("aggregate_type", AttributeValue.fromS(found.aggregate().type()));
          kept.put("aggregate_id", AttributeValue.fromS(found.aggregate().id()));
          kept.put("sequence", AttributeValue.fromN(Long.toString(found.sequence())));
          return List.of(
              put(found, found.event().tombstone()),
              TransactWriteItem.builder().put(p -> p.tableName(relayTable).item(kept)).build());
        });
  }

  private TransactWriteItem put(Found found, Map<String, AttributeValue> event) {
    String element = "obt_events[" + found.place() + "]";
    return TransactWriteItem.builder()
        .update(
            u ->
                u.tableName(table)
                    .key(found.key().attributes())
                    .updateExpression("SET " + element + " = :event")
                    .conditionExpression(
                        element + ".id = :id AND attribute_exists(" + element + ".held)")
                    .expressionAttributeValues(
                        Map.of(
                            ":event", AttributeValue.fromM(event),
                            ":id", AttributeValue.fromS(found.event().id()))))
        .build();
  }

  private interface Decision {
    List<TransactWriteItem> of(Found found);
  }

  /** Again, if the event has moved to another place meanwhile. */
  private boolean decide(String eventId, Decision decision) throws SQLException {
    return asked(
        () -> {
          for (int attempt = 1; ; attempt++) {
            Optional<Found> found =
                held().stream().filter(f -> f.event().id().equals(eventId)).findFirst();
            if (found.isEmpty()) {
              return false;
            }
            try {
              List<TransactWriteItem> writes = decision.of(found.get());
              client.transactWriteItems(r -> r.transactItems(writes));
              return true;
            } catch (TransactionCanceledException e) {
              if (attempt == ATTEMPTS) {
                throw e;
              }
            }
          }
        });
  }
}
