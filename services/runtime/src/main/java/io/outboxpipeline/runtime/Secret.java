package io.outboxpipeline.runtime;

/** A text that must not be seen: it never prints, so a record that holds it may be logged. */
public record Secret(String value) {

  @Override
  public String toString() {
    return "***";
  }
}
