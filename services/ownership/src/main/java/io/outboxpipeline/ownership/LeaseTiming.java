package io.outboxpipeline.ownership;

import java.time.Duration;

/**
 * The protocol's times, named and set by default as in Kubernetes leader election.
 *
 * @param leaseDuration a heartbeat that did not change for so long is dead
 * @param renewDeadline how long after a renewal was sent its member may send; a request's own
 *     time-out must be shorter than {@code leaseDuration - renewDeadline}
 * @param retryPeriod how often a heartbeat is renewed and the leases are read
 */
public record LeaseTiming(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

  /** 15 s, 10 s, 2 s. */
  public static final LeaseTiming DEFAULT =
      new LeaseTiming(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

  public LeaseTiming {
    if (!retryPeriod.isPositive()
        || retryPeriod.compareTo(renewDeadline) >= 0
        || renewDeadline.compareTo(leaseDuration) >= 0) {
      throw new IllegalArgumentException(
          "needs 0 < retryPeriod < renewDeadline < leaseDuration, not "
              + retryPeriod
              + ", "
              + renewDeadline
              + ", "
              + leaseDuration);
    }
  }
}
