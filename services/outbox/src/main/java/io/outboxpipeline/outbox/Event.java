package io.outboxpipeline.outbox;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * One event of an outbox, as it was committed and as it arrives.
 *
 * @param id a UUIDv7 (RFC 9562)
 * @param aggregate what it happened to
 * @param sequence 1, 2, 3 … within the aggregate, in commit order, without gaps
 * @param type what happened, or {@link #TOMBSTONE}
 * @param time when its row was written, by the database's clock, to the microsecond
 * @param contentType the payload's media type
 * @param payload not copied, not to be changed; empty in a tombstone
 * @param headers CloudEvents extension attributes that travel along
 */
@SuppressWarnings("ArrayRecordComponent") // events are not compared by value
public record Event(
    UUID id,
    Aggregate aggregate,
    long sequence,
    String type,
    Instant time,
    String contentType,
    byte[] payload,
    Map<String, String> headers) {

  /** The type of what is sent in place of an event that was discarded: its number, no payload. */
  public static final String TOMBSTONE = "io.outboxpipeline.tombstone";

  /** The media type of JSON. */
  public static final String JSON = "application/json";

  public Event {
    if (sequence < 1) {
      throw new IllegalArgumentException("sequence " + sequence + " is below 1");
    }
    headers = Map.copyOf(headers);
  }

  /** Whether this only takes the place of a discarded event. */
  public boolean tombstone() {
    return type.equals(TOMBSTONE);
  }
}
