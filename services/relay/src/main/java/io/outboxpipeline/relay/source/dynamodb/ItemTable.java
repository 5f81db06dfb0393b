package io.outboxpipeline.relay.source.dynamodb;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The questions that a relay asks of a table, and the changes that it makes. Each throws what the
 * AWS SDK throws, after which a change may be done or not. Thread-safe.
 */
interface ItemTable {

  /**
   * Items with events that wait, as the index knows it: some may wait no more, some are missing.
   *
   * @param next where to go on; null at the end
   */
  record Page(List<Entry> entries, @Nullable Map<String, AttributeValue> next) {
    List<ItemKey> keys() {
      return entries.stream().map(Entry::key).toList();
    }
  }

  /** An item, and its slot as the index has it. */
  record Entry(ItemKey key, int slot) {}

  /**
   * Items as they are.
   *
   * @param items those that exist
   * @param unread those that were not read, because of throttling or the answer's size
   */
  record Items(Map<ItemKey, Map<String, AttributeValue>> items, List<ItemKey> unread) {}

  /**
   * What became of a change.
   *
   * @param done false if its condition failed and nothing changed
   * @param item as it is now; empty if there is none
   */
  record Change(boolean done, Map<String, AttributeValue> item) {}

  /**
   * The first events of an item, which were sent.
   *
   * @param head the first one's id
   * @param count how many
   * @param bytes that they count for
   * @param rest when the first that stays was appended; empty if none stays: then the item leaves
   *     the index, on condition that it is so
   */
  record Removal(String head, int count, long bytes, Optional<Instant> rest) {}

  /** Why the table can't be used, if so. */
  Optional<String> problem();

  Page page(IndexRange range, @Nullable Map<String, AttributeValue> after, int limit);

  Items read(List<ItemKey> keys);

  Change remove(ItemKey key, Removal removal);

  /** Marks an event as one that can't be sent, if it is at that place. */
  Change hold(ItemKey key, int index, String eventId, String reason, Instant at);

  /** Does nothing to an item, and throws if it may not be changed. */
  void probe(ItemKey key);

  /** The epoch that the fence has for a partition now. */
  long epoch(int partition);
}
