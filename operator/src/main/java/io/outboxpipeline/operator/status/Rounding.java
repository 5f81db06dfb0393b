package io.outboxpipeline.operator.status;

/** Numbers coarse enough for a status: each change of it is a write. */
final class Rounding {
  private static final long MINUTE = 60;
  private static final long HOUR = 3600;

  private Rounding() {}

  /** Two digits from 100 on, rounded down; so 0 is 0. */
  static long events(long count) {
    long unit = 1;
    while (count / unit >= 100) {
      unit *= 10;
    }
    return count / unit * unit;
  }

  /** In steps of 10 s, minutes, hours, rounded down. */
  static String age(long seconds) {
    if (seconds < MINUTE) {
      return seconds / 10 * 10 + "s";
    }
    return seconds < HOUR ? seconds / MINUTE + "m" : seconds / HOUR + "h";
  }
}
