package io.outboxpipeline.relay;

/**
 * How much the relay holds and sends at once.
 *
 * @param rows in memory at most
 * @param bytes of bodies in memory at most
 * @param fetchRows rows of one read at most
 * @param slotRows rows of one slot in memory at most
 * @param slotSpan ids that one read of a slot spans at most while rows of aggregates in it are left
 *     in the table: the database passes over those
 * @param laneRows rows of one aggregate in memory at most
 * @param packEvents events of one message at most
 * @param packBytes of one message that packs several events at most
 */
record Limits(
    int rows,
    long bytes,
    int fetchRows,
    int slotRows,
    int slotSpan,
    int laneRows,
    int packEvents,
    int packBytes) {

  static final Limits DEFAULT =
      new Limits(10_000, 32L << 20, 2048, 1024, 10_000, 256, 100, 64 << 10);

  /**
   * What a request may have.
   *
   * @param messages in it at most
   * @param messageBytes of one message, attributes included: the queue's own limit
   * @param requestBytes of all its messages
   * @param attributeBytes that each message has beside its body
   */
  record Request(int messages, int messageBytes, int requestBytes, int attributeBytes) {}
}
