package io.outboxpipeline.relay.source.dynamodb;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** An item's key, whatever attributes the table's has. */
record ItemKey(Map<String, AttributeValue> attributes) {
  ItemKey {
    attributes = Map.copyOf(attributes);
  }

  /** As it may stand in a log: the values alone. */
  @Override
  public String toString() {
    return attributes.values().stream()
        .map(v -> v.s() != null ? v.s() : v.toString())
        .sorted()
        .toList()
        .toString();
  }
}
