package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.Headers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A row's columns, its payload perhaps still in the table. */
@SuppressWarnings("ArrayRecordComponent") // not compared
record RawRow(
    int slot,
    long id,
    Aggregate aggregate,
    long sequence,
    String eventId,
    String eventType,
    String contentType,
    @Nullable String headers,
    Instant createdAt,
    long length,
    byte @Nullable [] payload) {

  /** Payloads up to this many bytes are read with their rows, larger ones by themselves. */
  private static final int INLINE_BYTES = 16 * 1024;

  /** A number that no writer of ours reaches: that of a row whose number is no signed long. */
  private static final long BEYOND = Long.MAX_VALUE;

  static final String COLUMNS =
      """
      slot, id, aggregate_type, aggregate_id, CAST(LEAST(sequence, %s) AS SIGNED), event_id, event_type,
      content_type, headers, CAST(UNIX_TIMESTAMP(created_at) * 1000000 AS SIGNED),
      LENGTH(payload), IF(LENGTH(payload) <= %s, payload, NULL)
      """
          .formatted(BEYOND, INLINE_BYTES);

  static RawRow of(ResultSet row) throws SQLException {
    return new RawRow(
        row.getInt(1),
        row.getLong(2),
        new Aggregate(row.getString(3), row.getString(4)),
        row.getLong(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getString(9),
        Instant.EPOCH.plus(row.getLong(10), ChronoUnit.MICROS),
        row.getLong(11),
        row.getBytes(12));
  }

  RawRow withPayload(byte[] bytes) {
    return new RawRow(
        slot,
        id,
        aggregate,
        sequence,
        eventId,
        eventType,
        contentType,
        headers,
        createdAt,
        length,
        bytes);
  }

  Event event(byte[] data) {
    if (sequence == BEYOND) {
      throw new IllegalArgumentException("its sequence is larger than " + (BEYOND - 1));
    }
    return new Event(
        EventIds.parse(eventId),
        aggregate,
        sequence,
        eventType,
        createdAt,
        contentType,
        data,
        Headers.ofColumn(headers));
  }
}
