package io.outboxpipeline.dynamodb;

/**
 * The names of the outbox's attributes in an item, and of its index. All of the item's begin with
 * {@link #PREFIX} and are the library's and the relay's alone.
 */
public final class OutboxAttributes {

  public static final String PREFIX = "obt_";

  /** List: the events that wait, the oldest first. */
  public static final String EVENTS = "obt_events";

  /**
   * Number: that of the last event that was ever appended. It outlives the events, and the item.
   */
  public static final String SEQUENCE = "obt_seq";

  /** Number, 0 to 255: the aggregate's slot while events wait. The index's sort key. */
  public static final String SLOT = "obt_slot";

  /** Number, 0 to 15: the slot divided by 16, while events wait. The index's partition key. */
  public static final String SHARD = "obt_shard";

  /** Number: when the oldest event that waits was appended, in microseconds since 1970. */
  public static final String SINCE = "obt_since";

  /** Number: how many bytes the events that wait have. */
  public static final String BYTES = "obt_bytes";

  /** List: the aggregate's type and id. */
  public static final String AGGREGATE = "obt_aggregate";

  /** The index's name if nothing else is said. */
  public static final String INDEX = "obt_pending";

  /** How many partition keys the index has. */
  public static final int SHARDS = 16;

  private OutboxAttributes() {}

  /** The index's partition key of a slot. */
  public static int shard(int slot) {
    return slot / (256 / SHARDS);
  }
}
