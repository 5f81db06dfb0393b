package io.outboxpipeline.runtime;

/** What a check says. */
public sealed interface Health {

  /** All is well. */
  record Up() implements Health {}

  /**
   * Something is not.
   *
   * @param reason a sentence for the person who looks; no secrets
   */
  record Down(String reason) implements Health {}

  static Health up() {
    return new Up();
  }

  static Health down(String reason) {
    return new Down(reason);
  }
}
