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
    if (text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw new IllegalArgumentException(what + " has half of a surrogate pair");
    }
  }
}
