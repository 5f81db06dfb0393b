package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the chains of one aggregate stand, for people. Locks nothing and reads no payloads. */
public final class ChainLook {

  /** Why a chain does not go on. */
  public enum Standstill {
    NONE,
    /** Number last + 1 has not arrived, later ones have. */
    PARKED,
    /** The handler rejected number last + 1. */
    REJECTED,
    /** A number was given out twice. */
    CONFLICT
  }

  /**
   * One chain.
   *
   * @param last the number up to which events are applied, discarded or skipped
   * @param kept events that are kept and not applied, the first ones in order
   */
  public record Position(Chain chain, long last, Standstill standstill, List<Kept> kept) {

    public Position {
      kept = List.copyOf(kept);
    }
  }

  /**
   * An event that is kept.
   *
   * @param reason why it was rejected or is in conflict
   */
  public record Kept(long sequence, String eventId, String eventType, Optional<String> reason) {}

  private ChainLook() {}

  /**
   * The chains of an aggregate, whatever their source, in the sources' order.
   *
   * @param limit of the kept events of each
   */
  public static List<Position> of(Connection connection, Aggregate aggregate, int limit)
      throws SQLException {
    List<Position> all = new ArrayList<>();
    for (String source : sources(connection)) {
      var chain = new Chain(source, aggregate);
      Optional<Position> bare = row(connection, chain);
      if (bare.isPresent()) {
        Position p = bare.get();
        List<Kept> kept =
            p.standstill == Standstill.NONE
                ? List.of()
                : kept(connection, chain, p.standstill == Standstill.CONFLICT, limit);
        all.add(new Position(chain, p.last, p.standstill, kept));
      }
    }
    return all;
  }

  /** The key begins with the source, so this skips from one to the next. */
  private static List<String> sources(Connection c) throws SQLException {
    try (var s = c.prepareStatement("SELECT DISTINCT source FROM inbox ORDER BY source");
        var row = s.executeQuery()) {
      List<String> all = new ArrayList<>();
      while (row.next()) {
        all.add(row.getString(1));
      }
      return all;
    }
  }

  private static Optional<Position> row(Connection c, Chain chain) throws SQLException {
    String sql =
        """
        SELECT last_sequence, waiting_since IS NOT NULL, rejected, conflicts
        FROM inbox
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ?
        """;
    try (PreparedStatement s = c.prepareStatement(sql)) {
      InboxTable.setChain(s, 1, chain);
      try (ResultSet row = s.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        Standstill standstill = standstill(row.getBoolean(2), row.getBoolean(3), row.getInt(4));
        return Optional.of(new Position(chain, row.getLong(1), standstill, List.of()));
      }
    }
  }

  private static Standstill standstill(boolean waits, boolean rejected, int conflicts) {
    if (conflicts > 0) {
      return Standstill.CONFLICT;
    }
    if (!waits) {
      return Standstill.NONE;
    }
    return rejected ? Standstill.REJECTED : Standstill.PARKED;
  }

  private static List<Kept> kept(Connection c, Chain chain, boolean conflicts, int limit)
      throws SQLException {
    String parked =
        """
        SELECT sequence, event_id, event_type, reason
        FROM inbox_parked
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ?
        ORDER BY sequence
        LIMIT ?
        """;
    String open =
        """
        SELECT sequence, event_id, event_type, reason
        FROM inbox_conflict
        WHERE source = ? AND aggregate_type = ? AND aggregate_id = ? AND state = 'open'
        ORDER BY sequence, event_id
        LIMIT ?
        """;
    try (PreparedStatement s = c.prepareStatement(conflicts ? open : parked)) {
      s.setInt(InboxTable.setChain(s, 1, chain), limit);
      List<Kept> all = new ArrayList<>();
      try (ResultSet row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Kept(
                  row.getLong(1),
                  row.getString(2),
                  row.getString(3),
                  Optional.ofNullable(row.getString(4))));
        }
      }
      return all;
    }
  }
}
