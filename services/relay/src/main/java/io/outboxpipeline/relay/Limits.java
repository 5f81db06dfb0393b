package io.outboxpipeline.relay;

/**
 * How much the relay holds and sends at once.
 *
 * @param rows in memory at most
 * @param bytes of bodies in memory at most
 * @param fetchRows rows of one read at most
 * @param slotRows rows of one slot in memory at most
 * @param laneRows rows of one aggregate in memory at most
 * @param packEvents events of one message at most
 * @param packBytes of one message that packs several events at most
 * @param messageBytes of one message, attributes included: the queue's limit
 * @param requestBytes of one request: the sum of its messages
 */
record Limits(
    int rows,
    long bytes,
    int fetchRows,
    int slotRows,
    int laneRows,
    int packEvents,
    int packBytes,
    int messageBytes,
    int requestBytes) {

  /** Entries of one SendMessageBatch request. */
  static final int REQUEST_MESSAGES = 10;
}
