package io.outboxpipeline.dynamodb;

import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What became of a write. */
public sealed interface WriteOutcome {

  /**
   * All of it is written, once.
   *
   * @param events in the order in which they were given
   */
  record Written(List<Appended> events) implements WriteOutcome {
    public Written {
      events = List.copyOf(events);
    }
  }

  /**
   * A condition of the caller's did not hold, and nothing is written.
   *
   * @param part which of the write's parts, from 0
   * @param item as it was; empty if there was none, or it was not asked for
   */
  record Refused(int part, Map<String, AttributeValue> item) implements WriteOutcome {}

  /**
   * The item's number is not the one that the caller saw, and nothing is written: read it again.
   *
   * @param part which of the write's parts, from 0
   * @param item as it was
   */
  record Outdated(int part, Map<String, AttributeValue> item) implements WriteOutcome {}
}
