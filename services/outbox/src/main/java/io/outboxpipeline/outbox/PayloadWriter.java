package io.outboxpipeline.outbox;

/**
 * Turns a value into an event's payload: {@link JsonPayloads}, or a format of the user's own, such
 * as Avro. Thread-safe.
 */
@FunctionalInterface
public interface PayloadWriter {

  /**
   * A value as bytes.
   *
   * @param contentType what the bytes are
   * @param bytes not copied, not to be changed afterwards
   */
  @SuppressWarnings("ArrayRecordComponent") // payloads are not compared by value
  record Payload(String contentType, byte[] bytes) {}

  /**
   * The value's payload.
   *
   * @throws IllegalArgumentException if it has no such form
   */
  Payload write(Object value);
}
