package io.outboxpipeline.inbox;

import java.time.Duration;

/**
 * How many chains stand still, for health and metrics.
 *
 * @param waiting chains that wait for an event that has not arrived
 * @param oldestWait how long the longest of them has waited for its number; zero if none does
 * @param held chains that wait for a decision about a rejected event
 * @param oldestHeld how long the longest of them has stood still; zero if none does
 * @param conflicting chains that wait for a decision about an event whose number was given twice
 * @param oldestConflict how long the longest of them has stood still; zero if none does
 */
public record StalledChains(
    long waiting,
    Duration oldestWait,
    long held,
    Duration oldestHeld,
    long conflicting,
    Duration oldestConflict) {

  /** Without conflicts. */
  public StalledChains(long waiting, Duration oldestWait, long held, Duration oldestHeld) {
    this(waiting, oldestWait, held, oldestHeld, 0, Duration.ZERO);
  }
}
