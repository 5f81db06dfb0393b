package io.outboxpipeline.receiver;

/** A reason as an attribute of a message: the characters that SQS takes, and not too many. */
final class ReasonText {
  private static final int LONGEST = 500;

  private ReasonText() {}

  static String of(String reason) {
    String shown =
        reason
            .codePoints()
            .limit(LONGEST)
            .map(c -> refused(c) ? ' ' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return shown.isBlank() ? "unreadable" : shown;
  }

  private static boolean refused(int c) {
    return c < 0x20 || (c >= 0xD800 && c <= 0xDFFF) || c == 0xFFFE || c == 0xFFFF;
  }
}
