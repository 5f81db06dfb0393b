package io.outboxpipeline.relay.source.mysql;

import java.time.Duration;

/**
 * Which look is due when. Times are nanoseconds of one monotonic clock, given by the caller. Not
 * thread-safe.
 */
final class LookSchedule {
  /** Most transactions take less than this: their rows are seen by the next look for new ones. */
  static final long SHORT_LOOK_BACK = Duration.ofMillis(250).toNanos();

  private static final long LATE_EVERY = Duration.ofSeconds(1).toNanos();
  private static final long LATE_EVERY_AT_MOST = Duration.ofMillis(1500).toNanos();
  private static final long SWEEP_EVERY = Duration.ofMinutes(1).toNanos();
  private static final long WATCH_EVERY = Duration.ofSeconds(2).toNanos();
  private static final long CHECK_EVERY = Duration.ofSeconds(1).toNanos();

  /** A look by id that takes longer passes over others' rows, or deleted ones. */
  private static final long FAST = Duration.ofMillis(3).toNanos();

  private static final long SLOW_FOR = Duration.ofSeconds(30).toNanos();

  /** What is slow comes more rarely: it takes a twentieth of the time, as far as that goes. */
  private static final int SHARE = 20;

  private long nextLate;
  private long nextSweep;
  private long nextWatch;
  private long nextCheck;
  private long slowUntil;

  LookSchedule(long now) {
    nextLate = now + LATE_EVERY;
    nextSweep = now + SWEEP_EVERY;
    nextWatch = now + WATCH_EVERY;
    nextCheck = now;
    slowUntil = now;
  }

  /** Whether to look as far back as the longest transaction may take. */
  boolean isLateDue(long now) {
    return now - nextLate >= 0;
  }

  /**
   * Such a look is finished.
   *
   * @param took of the time since, without what came between
   */
  void lateEnded(long began, long took) {
    nextLate = began + Math.clamp(SHARE * took, LATE_EVERY, LATE_EVERY_AT_MOST);
  }

  /** Whether one query by id may look that far back, rather than one of each slot. */
  boolean isByIdFast(long now) {
    return now - slowUntil >= 0;
  }

  void byIdTook(long now, long took) {
    if (took > FAST) {
      slowUntil = now + SLOW_FOR;
    }
  }

  /** Whether to look at everything. */
  boolean isSweepDue(long now) {
    return now - nextSweep >= 0;
  }

  void sweepEnded(long now) {
    nextSweep = now + SWEEP_EVERY;
  }

  /** Whether to ask which events still hold their aggregates. */
  boolean isWatchDue(long now) {
    return now - nextWatch >= 0;
  }

  void watched(long now) {
    nextWatch = now + WATCH_EVERY;
  }

  /** Whether to ask which server this is. */
  boolean isCheckDue(long now) {
    return now - nextCheck >= 0;
  }

  void checked(long now) {
    nextCheck = now + CHECK_EVERY;
  }

  void checkNow(long now) {
    nextCheck = now;
  }

  /** Whether anything but a look for new rows is due. */
  boolean isAnythingDue(long now) {
    return isSweepDue(now) || isWatchDue(now) || isCheckDue(now);
  }
}
