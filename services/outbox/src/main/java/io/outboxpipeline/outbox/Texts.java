package io.outboxpipeline.outbox;

final class Texts {
  private Texts() {}

  /** Refuses what the database could not keep as it is: empty, too long, or not valid Unicode. */
  static void check(String what, String text, int maxCodePoints) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException(what + " is empty");
    }
    if (text.codePointCount(0, text.length()) > maxCodePoints) {
      throw new IllegalArgumentException(what + " is longer than " + maxCodePoints + " characters");
    }
    requireWhole(what, text);
  }

  /** Refuses half of a surrogate pair, which would arrive as a question mark. */
  static void requireWhole(String what, String text) {
    if (hasLoneSurrogate(text)) {
      throw new IllegalArgumentException(what + " has half of a surrogate pair");
    }
  }

  /** Refuses control characters, which an attribute of a CloudEvent may not have. */
  static void requireNoControls(String what, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        throw new IllegalArgumentException(what + " has a control character");
      }
    }
  }

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  static boolean hasLoneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
          return true;
        }
        i++;
      }
    }
    return false;
  }
}
