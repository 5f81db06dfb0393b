package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Warns of a queue that gives messages up after few receives, once for each such number. SQS counts
 * receives and not failures, so restarts and time-outs use them up, too. Thread-safe.
 */
final class FewReceives {
  private static final System.Logger LOG = System.getLogger(FewReceives.class.getName());
  private static final int FEW = 3;

  private volatile OptionalInt told = OptionalInt.empty();

  /**
   * Whether it warned.
   *
   * @param redrivePolicy the queue's
   */
  boolean look(@Nullable String redrivePolicy) {
    OptionalInt now = RedrivePolicy.maxReceives(redrivePolicy);
    boolean warns = now.isPresent() && now.getAsInt() < FEW && !now.equals(told);
    told = now;
    if (warns) {
      LOG.log(
          WARNING,
          "the queue gives a message up after {0} receives, and restarts use them up, too: set"
              + " maxReceiveCount to 5 or more",
          now.getAsInt());
    }
    return warns;
  }
}
