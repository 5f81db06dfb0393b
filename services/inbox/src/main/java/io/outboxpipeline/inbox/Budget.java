package io.outboxpipeline.inbox;

/**
 * How much one transaction may take out of the parked events, so that a long backlog neither fills
 * the memory nor has to be done again as a whole after a crash. Used once.
 */
final class Budget {
  /** How many parked events one transaction replays at most. */
  static final int EVENTS = 2_000;

  /** How many bytes of payload and headers; one larger event passes alone. */
  static final long BYTES = 4L << 20;

  private int events;
  private long bytes;

  /** Takes an event of so many bytes, if there is room or nothing was taken yet. */
  boolean take(long size) {
    if (events > 0 && (events >= EVENTS || bytes + size > BYTES)) {
      return false;
    }
    events++;
    bytes += size;
    return true;
  }
}
