package io.outboxpipeline.relay.source.mysql;

import java.time.Duration;

/**
 * How long to wait before the next look for new rows. Times are nanoseconds of one monotonic clock,
 * given by the caller. Not thread-safe.
 */
final class Pace {
  private static final long LEAST = Duration.ofMillis(2).toNanos();
  private static final long TOLD = Duration.ofMillis(10).toNanos();

  /** While somebody tells of new rows. */
  private static final long WATCHED = Duration.ofMillis(500).toNanos();

  private static final long WOKEN = Duration.ofNanos(250_000).toNanos();

  /** So often a poll may find what nobody told of before nobody is trusted to tell. */
  private static final int MISSES = 3;

  private final long idle;
  private long delay = LEAST;
  private long lastFound;
  private boolean woken;
  private int misses;

  /**
   * @param idle nanoseconds between two looks when nothing happens and nobody tells of new rows
   */
  Pace(long idle, long now) {
    this.idle = idle;
    this.lastFound = now;
  }

  /** New rows were found, or more is to be looked at. */
  void found(long now, boolean tellsOfEachCommit) {
    lastFound = now;
    delay = tellsOfEachCommit && isTrusted() ? TOLD : LEAST;
  }

  /** New rows were found after a wait that somebody was to end when there were some. */
  void foundAfterWait() {
    misses = woken ? 0 : misses + 1;
  }

  /** Whether somebody who says to tell of new rows did tell of the last ones. */
  boolean isTrusted() {
    return misses < MISSES;
  }

  /** How long to wait now. */
  long delay(boolean watched) {
    return watched && isTrusted() ? WATCHED : delay;
  }

  void waited(boolean wasWoken, boolean tellsOfEachCommit) {
    woken = wasWoken;
    if (!wasWoken) {
      delay = Math.min(idle, delay * 2);
    } else if (tellsOfEachCommit) {
      // The word of a commit comes a little before its rows can be read.
      delay = WOKEN;
    }
  }

  /** Whether one small query does for the next look: what commits a little late is polled for. */
  boolean isQuiet(long now) {
    return !woken && now - lastFound >= LookSchedule.SHORT_LOOK_BACK;
  }
}
