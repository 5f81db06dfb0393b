package io.outboxpipeline.testkit;

import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Draws values for properties, those at the edges of a range far more often than chance would.
 * Thread-safe if the generator is.
 */
public final class Draw {

  /** Code points that separators, escapes, encodings and limits trip over. */
  private static final int[] AWKWARD =
      "\0\t\n\r\u001f\"\\%&=+?/ <>'{}[],:;\u007f\u0080\u00a0\u2028\ufeff\ufffd\ufffe\uffff\ud800\udc00\ud83d\ude00\udbff\udfff"
          .codePoints()
          .toArray();

  private Draw() {}

  /**
   * A number from {@code min} to {@code max}, both included and both frequent; else of any
   * magnitude above {@code min}, or just below {@code max}, or anywhere.
   *
   * @param min 0 or more
   */
  public static long number(RandomGenerator random, long min, long max) {
    long span = max - min;
    int magnitudes = Long.SIZE - Long.numberOfLeadingZeros(span);
    long some = span >>> random.nextInt(magnitudes + 1);
    long offset = some == 0 ? 0 : random.nextLong(some);
    return switch (random.nextInt(8)) {
      case 0 -> min;
      case 1 -> max;
      case 2, 3, 4 -> min + offset;
      case 5 -> max - offset;
      default -> span == 0 ? min : random.nextLong(min, max);
    };
  }

  /** As {@link #number(RandomGenerator, long, long)}. */
  public static int number(RandomGenerator random, int min, int max) {
    return Math.toIntExact(number(random, (long) min, (long) max));
  }

  /**
   * Well-formed text of {@code min} to {@code max} code points: letters, awkward ones, and any.
   *
   * @param min 0 or more
   */
  public static String text(RandomGenerator random, int min, int max) {
    var text = new StringBuilder();
    IntStream.range(0, number(random, min, max))
        .map(
            i ->
                switch (random.nextInt(4)) {
                  case 0 -> random.nextInt('a', 'z' + 1);
                  case 1 -> AWKWARD[random.nextInt(AWKWARD.length)];
                  default -> codePoint(random);
                })
        .forEach(text::appendCodePoint);
    return text.toString();
  }

  private static int codePoint(RandomGenerator random) {
    int point = number(random, Character.MIN_CODE_POINT, Character.MAX_CODE_POINT);
    boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return half ? point - Character.MIN_SURROGATE : point;
  }
}
