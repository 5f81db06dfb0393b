package io.outboxpipeline.dynamodb;

import io.outboxpipeline.outbox.Aggregate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What an item has of the outbox.
 *
 * @param lastSequence the number of the last event that was ever appended
 * @param events those that wait, the oldest first
 */
public record OutboxItem(Aggregate aggregate, long lastSequence, List<PendingEvent> events) {

  public OutboxItem {
    events = List.copyOf(events);
  }

  /** An item that somebody else than the library and the relay has changed. */
  public static final class MalformedItemException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedItemException(String message) {
      super(message);
    }
  }

  /**
   * Reads an item.
   *
   * @return empty if no event waits in it, and it does not say that one does
   * @throws MalformedItemException if its attributes contradict each other
   */
  public static Optional<OutboxItem> read(Map<String, AttributeValue> item)
      throws MalformedItemException {
    AttributeValue attribute = item.get(OutboxAttributes.EVENTS);
    List<AttributeValue> list = attribute != null && attribute.hasL() ? attribute.l() : List.of();
    boolean waits = !list.isEmpty();
    boolean says = item.containsKey(OutboxAttributes.SLOT);
    if (!waits && !says) {
      return Optional.empty();
    }
    if (!waits) {
      throw new MalformedItemException("it has a slot and no events: its events were overwritten");
    }
    Aggregate aggregate = aggregate(item);
    if (PendingEvent.number(item, OutboxAttributes.SLOT).orElse(-1L) != aggregate.slot()
        || PendingEvent.number(item, OutboxAttributes.SHARD).orElse(-1L)
            != OutboxAttributes.shard(aggregate.slot())) {
      throw new MalformedItemException("its slot is not that of its aggregate");
    }
    long last =
        PendingEvent.number(item, OutboxAttributes.SEQUENCE)
            .orElseThrow(() -> new MalformedItemException("it has events and no number"));
    if (last < list.size()) {
      throw new MalformedItemException("it has more events than its number says");
    }
    return Optional.of(
        new OutboxItem(aggregate, last, list.stream().map(PendingEvent::read).toList()));
  }

  private static Aggregate aggregate(Map<String, AttributeValue> item)
      throws MalformedItemException {
    AttributeValue pair = item.get(OutboxAttributes.AGGREGATE);
    if (pair == null || !pair.hasL() || pair.l().size() != 2) {
      throw new MalformedItemException("it has events and does not say of which aggregate");
    }
    try {
      return new Aggregate(pair.l().get(0).s(), pair.l().get(1).s());
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new MalformedItemException("its aggregate can't be one");
    }
  }

  /** The number of the oldest event that waits. */
  public long firstSequence() {
    return lastSequence - events.size() + 1;
  }
}
