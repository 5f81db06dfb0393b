package io.outboxpipeline.bench;

/** Events' payloads: JSON of 300 bytes that may say when it was written. */
final class Payload {
  /** The field with the writer's nano time. */
  static final String WRITTEN = "written";

  private static final int BYTES = 300;

  private Payload() {}

  /** A payload; {@code written} is 0 where nobody asks. */
  static String of(long written) {
    String start = "{\"" + WRITTEN + "\":" + written + ",\"name\":\"Ada\",\"note\":\"";
    return start + "x".repeat(BYTES - start.length() - 2) + "\"}";
  }
}
