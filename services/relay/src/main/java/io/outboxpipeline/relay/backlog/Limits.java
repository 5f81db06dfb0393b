package io.outboxpipeline.relay.backlog;

/**
 * How much the relay holds and sends at once.
 *
 * @param rows events in memory at most
 * @param bytes of bodies in memory at most
 * @param fetchRows events of one read at most
 * @param slotRows events of one slot in memory at most
 * @param laneRows events of one aggregate in memory at most
 * @param packEvents events of one message at most
 * @param packBytes of one message that packs several events at most
 */
public record Limits(
    int rows,
    long bytes,
    int fetchRows,
    int slotRows,
    int laneRows,
    int packEvents,
    int packBytes) {

  public static final Limits DEFAULT =
      new Limits(10_000, 32L << 20, 2048, 1024, 256, 100, 64 << 10);

  /**
   * What a request may have.
   *
   * @param messages in it at most
   * @param messageBytes of one message, attributes included: the queue's own limit
   * @param requestBytes of all its messages
   * @param attributeBytes that each message has beside its body
   */
  public record Request(int messages, int messageBytes, int requestBytes, int attributeBytes) {}
}
