package io.outboxpipeline.relay.source.dynamodb;

import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.dynamodb.OutboxAttributes;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Tells of items that DynamoDB will delete by itself although events wait in them: no condition
 * stops it. Each once while it is remembered. Thread-safe.
 */
final class Expiring {
  private static final System.Logger LOG = System.getLogger(Expiring.class.getName());
  private static final int REMEMBERED = 1_000;

  private final Map<ItemKey, String> told =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ItemKey, String> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * Looks at an item.
   *
   * @param attribute by which items of its table expire; DynamoDB looks at numbers alone
   */
  void saw(ItemKey key, Map<String, AttributeValue> item, String attribute) {
    AttributeValue at = item.get(attribute);
    if (at == null || at.n() == null || !item.containsKey(OutboxAttributes.EVENTS)) {
      return;
    }
    boolean isNew;
    synchronized (told) {
      isNew = !at.n().equals(told.put(key, at.n()));
    }
    if (isNew) {
      LOG.log(
          WARNING,
          "item {0} expires at {1} by its attribute {2}, although events wait in it: DynamoDB will"
              + " delete it with them. Remove the attribute; aggregates must not expire",
          key,
          at.n(),
          attribute);
    }
  }
}
