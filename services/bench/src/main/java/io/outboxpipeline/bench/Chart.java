package io.outboxpipeline.bench;

import java.util.Arrays;

/** What is drawn of a run. */
sealed interface Chart {

  /** The chart's file name without the ending. */
  String name();

  String title();

  /**
   * How many a second over time.
   *
   * @param nanos when each came, since the start
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  record Rate(String name, String title, long[] nanos) implements Chart {}

  /**
   * How long it took: the share that took no longer.
   *
   * @param nanos how long each took
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  record Latency(String name, String title, long[] nanos) implements Chart {}

  /**
   * When something came, each a dot in a row of its own, so that a stall is a gap.
   *
   * @param nanos when each came, since the start
   * @param row in which row, from 0
   * @param rows how many rows there are
   * @param marks what happened meanwhile
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared by value
  record Stall(String name, String title, long[] nanos, int[] row, int rows, Mark... marks)
      implements Chart {}

  /** Something that happened, in nanoseconds since the start. */
  record Mark(long nanos, String what) {}

  /** The value below which this share of sorted values is, by the nearest rank. */
  static long percentile(long[] sorted, double share) {
    return sorted.length == 0
        ? 0
        : sorted[Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
  }

  static long[] sorted(long[] values) {
    long[] copy = values.clone();
    Arrays.sort(copy);
    return copy;
  }
}
