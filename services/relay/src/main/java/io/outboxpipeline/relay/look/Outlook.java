package io.outboxpipeline.relay.look;

import io.outboxpipeline.outbox.Aggregate;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** What can be looked up in the store of the events. Thread-safe. */
public interface Outlook {

  /**
   * An event that is committed and not yet known to be sent.
   *
   * @param sequence its number, as the row has it
   * @param committedAt when its row was written, by the database's clock
   */
  record Waiting(String eventId, String sequence, String eventType, Instant committedAt) {}

  /**
   * What a person decided about an event that was held.
   *
   * @param at by the database's clock
   * @param decision retry or discard
   * @param token the name of the one that was sent
   */
  record Decided(
      Instant at, String decision, String eventId, String token, String address, String why) {}

  /** The first events of an aggregate that wait, in order; looks at so many rows and no more. */
  List<Waiting> waiting(Aggregate aggregate, int limit) throws SQLException;

  /** The last decisions, the newest first. */
  List<Decided> decisions(int limit) throws SQLException;

  /** An event that was found, and whose aggregate is now known. */
  record Found(String aggregateType, String aggregateId, String eventId, String sequence) {}

  /**
   * Events with this id, or of this trace, among those that wait first and those that are held;
   * looks at so many rows and no more.
   *
   * @param eventId empty if the trace is meant
   * @param traceId 32 hexadecimal digits; empty if the event is meant
   */
  List<Found> find(String eventId, String traceId, int limit) throws SQLException;

  /** Whether it looks at all. */
  default boolean searches() {
    return true;
  }

  /** For a store that can't be asked. */
  Outlook NONE =
      new Outlook() {
        @Override
        public boolean searches() {
          return false;
        }

        @Override
        public List<Waiting> waiting(Aggregate aggregate, int limit) {
          return List.of();
        }

        @Override
        public List<Decided> decisions(int limit) {
          return List.of();
        }

        @Override
        public List<Found> find(String eventId, String traceId, int limit) {
          return List.of();
        }
      };
}
