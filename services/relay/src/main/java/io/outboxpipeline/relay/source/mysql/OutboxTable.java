package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.SlotRange;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is asked of the outbox table, over one connection. Each answer is of one moment, after all
 * that committed before the question. Not thread-safe.
 */
interface OutboxTable {

  Server server() throws SQLException;

  /** The highest visible id above one, of whichever slot; this one itself if there is none. */
  long highest(long after) throws SQLException;

  /** Whether there is a row above an id, of whichever slot. */
  boolean isAnyAfter(long id) throws SQLException;

  /** The rows above an id, by id, of the owned slots, without some that are known. */
  Newer newer(Owned owned, long after, Collection<Long> known, int limit) throws SQLException;

  /** Where the rows above an id are, by id, of the owned slots. */
  List<Place> places(Owned owned, long after, int limit) throws SQLException;

  /** The keys in stretches, at most a limit of each, each stretch's by id. */
  List<Key> keys(List<Stretch> stretches, int limit) throws SQLException;

  /** Reads slots from where they were left, in the order of the reads. */
  List<Found> slots(List<SlotRead> reads, Owned owned, Allowance allowance) throws SQLException;

  Found lane(LaneRead read, Owned owned, Allowance allowance) throws SQLException;

  /** The keys of some aggregates of a slot, above an id and below another of each, by id. */
  List<Key> keysOf(int slot, long after, Map<Aggregate, Long> below, int limit) throws SQLException;

  /** Rows of a slot by their ids, those that still exist. */
  Found rows(int slot, List<Long> ids, Owned owned, Allowance allowance) throws SQLException;

  /** The aggregates of a range of slots that are held. */
  List<Held> held(SlotRange slots) throws SQLException;

  /** Which of these events still hold their aggregates. */
  Set<String> stillHeld(Set<String> eventIds) throws SQLException;
}
