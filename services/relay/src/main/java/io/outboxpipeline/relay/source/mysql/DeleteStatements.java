package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.ownership.DatabaseFence;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The SQL of deleting outbox rows. The connection is the caller's. */
final class DeleteStatements {

  private DeleteStatements() {}

  /**
   * Deletes rows, in the caller's transaction, those of partitions in their epoch alone. An id that
   * another event has by now is not touched.
   *
   * @return the partitions whose epoch is another by now; nothing of them was deleted
   */
  static Set<Integer> delete(Connection transaction, List<Done> rows) throws SQLException {
    Map<Integer, Long> epochs = new TreeMap<>();
    rows.forEach(r -> epochs.merge(r.partition(), r.epoch(), Math::max));
    Set<Integer> stale = DatabaseFence.stale(transaction, epochs);
    Map<Integer, List<Done>> bySlot = new TreeMap<>();
    for (Done row : rows) {
      if (!stale.contains(row.partition())
          && row.epoch() == epochs.getOrDefault(row.partition(), 0L)) {
        bySlot.computeIfAbsent(row.slot(), n -> new ArrayList<>()).add(row);
      }
    }
    try (var s = transaction.createStatement()) {
      for (var slot : bySlot.entrySet()) {
        s.addBatch(delete(slot.getKey(), slot.getValue()));
      }
      s.executeBatch();
    }
    return stale;
  }

  /**
   * By the primary key, or the server would look at all rows of a small table, and wait for
   * writers'. A statement with a table list takes the hint, on both servers.
   */
  static String delete(int slot, List<Done> rows) {
    return "DELETE obt FROM obt FORCE INDEX (PRIMARY) WHERE slot = %s AND id IN (%s) AND event_id IN (%s)"
        .formatted(
            slot,
            rows.stream().map(r -> Long.toString(r.id())).collect(Collectors.joining(",")),
            rows.stream().map(r -> Sql.ascii(r.eventId())).collect(Collectors.joining(",")));
  }

  /** Fails if rows could not be deleted: no right to, or the server takes no writes. */
  static void probe(Connection transaction) throws SQLException {
    try (var s = transaction.createStatement()) {
      s.executeUpdate("DELETE FROM obt WHERE slot = 0 AND id = 0");
    }
  }
}
