package io.outboxpipeline.relay.quarantine;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.runtime.AdminCaller;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * The record of events that can never be sent: it outlives the relay, and any relay can show it.
 * Thread-safe.
 */
public interface Quarantine {

  /**
   * One event as the admin endpoint lists it.
   *
   * @param waiting events of its aggregate that wait, itself included, counted within a bound
   */
  record Entry(
      String eventId,
      Aggregate aggregate,
      long sequence,
      String eventType,
      String reason,
      Instant since,
      long waiting) {

    public Entry withWaiting(long count) {
      return new Entry(eventId, aggregate, sequence, eventType, reason, since, count);
    }
  }

  /** What is held, oldest first. */
  List<Entry> list(int limit) throws SQLException;

  /**
   * Lets an event be tried again.
   *
   * @return whether it was held
   */
  boolean retry(String eventId) throws SQLException;

  /**
   * Puts a tombstone in an event's place; the event itself moves to the quarantine, for good.
   *
   * @return whether it was held
   */
  boolean discard(String eventId) throws SQLException;

  /** As {@link #retry(String)}, and keeps who wanted it, where there is a place for that. */
  default boolean retry(String eventId, AdminCaller by) throws SQLException {
    return retry(eventId);
  }

  /** As {@link #discard(String)}, and keeps who wanted it, where there is a place for that. */
  default boolean discard(String eventId, AdminCaller by) throws SQLException {
    return discard(eventId);
  }
}
