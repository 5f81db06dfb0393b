package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The rows of the table {@code inbox}: how far each chain is. */
final class InboxTable {
  private static final int ROWS_PER_STATEMENT = 100;

  private InboxTable() {}

  /**
   * A row.
   *
   * @param waiting whether the chain stands still, with events that are parked or in conflict
   * @param rejected whether the first of the parked ones was rejected
   * @param conflicts how many events in conflict wait for a decision
   * @param known the event that had the last number, where that is known
   */
  record Row(long last, boolean waiting, boolean rejected, int conflicts, Optional<Known> known) {

    /** Whether nothing may be applied before a person has decided. */
    boolean stopped() {
      return rejected || conflicts > 0;
    }
  }

  /**
   * What is known of the last event that was applied or passed.
   *
   * @param newest the newest time of any event up to it
   */
  record Known(UUID id, Instant newest) {}

  /**
   * Locks the rows of chains until the transaction ends, and reads them.
   *
   * @param firstLast the last number that a chain not known before is given
   */
  static Map<Chain, Row> lock(Connection transaction, Map<Chain, Long> firstLast)
      throws SQLException {
    List<Chain> inOrder = firstLast.keySet().stream().sorted().toList();
    var rows = new HashMap<Chain, Row>();
    for (List<Chain> chains : slices(inOrder)) {
      insertMissing(transaction, chains, firstLast);
    }
    for (List<Chain> chains : slices(inOrder)) {
      readLocked(transaction, chains, rows);
    }
    return rows;
  }

  /** Locks one row, if there is one, and reads it. */
  static Optional<Row> lock(Connection transaction, Chain chain) throws SQLException {
    var rows = new HashMap<Chain, Row>();
    readLocked(transaction, List.of(chain), rows);
    return Optional.ofNullable(rows.get(chain));
  }

  /** Inserting locks a row that is there, too: all locks are taken here, one by one in order. */
  private static void insertMissing(
      Connection transaction, List<Chain> chains, Map<Chain, Long> firstLast) throws SQLException {
    String sql =
        """
        INSERT INTO inbox (source, aggregate_type, aggregate_id, last_sequence)
        VALUES (?, ?, ?, ?)%s
        ON DUPLICATE KEY UPDATE last_sequence = last_sequence
        """
            .formatted(", (?, ?, ?, ?)".repeat(chains.size() - 1));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Chain chain : chains) {
        column = setChain(s, column, chain);
        s.setLong(column++, firstLast.getOrDefault(chain, 0L));
      }
      s.executeUpdate();
    }
  }

  private static void readLocked(Connection transaction, List<Chain> chains, Map<Chain, Row> rows)
      throws SQLException {
    // A scan of the whole table would wait for rows of others; a plain read could be of a snapshot
    // older than the lock.
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id, last_sequence, waiting_since IS NOT NULL, rejected, conflicts,
               IF(known_sequence = last_sequence, known_event_id, NULL), newest_time
        FROM inbox FORCE INDEX (PRIMARY)
        WHERE (source = ? AND aggregate_type = ? AND aggregate_id = ?)%s
        FOR UPDATE
        """
            .formatted(
                " OR (source = ? AND aggregate_type = ? AND aggregate_id = ?)"
                    .repeat(chains.size() - 1));
    try (PreparedStatement s = transaction.prepareStatement(sql)) {
      int column = 1;
      for (Chain chain : chains) {
        column = setChain(s, column, chain);
      }
      try (var result = s.executeQuery()) {
        while (result.next()) {
          rows.put(
              chain(result),
              new Row(
                  result.getLong(4),
                  result.getBoolean(5),
                  result.getBoolean(6),
                  result.getInt(7),
                  known(result)));
        }
      }
    }
  }

  private static Optional<Known> known(ResultSet row) throws SQLException {
    String id = row.getString(8);
    LocalDateTime newest = row.getObject(9, LocalDateTime.class);
    return id == null || newest == null
        ? Optional.empty()
        : Optional.of(new Known(UUID.fromString(id), newest.toInstant(ZoneOffset.UTC)));
  }

  /**
   * Moves rows. A row that goes on waiting for the same number keeps the time since when it does.
   */
  static void write(Connection transaction, Map<Chain, Row> rows) throws SQLException {
    List<Chain> inOrder = rows.keySet().stream().sorted().toList();
    for (List<Chain> chains : slices(inOrder)) {
      // MySQL would rather have an alias than VALUES(…), but MariaDB knows no such alias.
      String sql =
          """
          INSERT INTO inbox (source, aggregate_type, aggregate_id, last_sequence, waiting_since, waiting_from, rejected,
                             conflicts, known_sequence, known_event_id, newest_time)
          VALUES %s
          ON DUPLICATE KEY UPDATE
            waiting_since = IF(last_sequence = VALUES(last_sequence) AND VALUES(waiting_since) IS NOT NULL,
                               COALESCE(waiting_since, VALUES(waiting_since)),
                               VALUES(waiting_since)),
            waiting_from = IF(last_sequence = VALUES(last_sequence) AND VALUES(waiting_from) IS NOT NULL,
                              COALESCE(waiting_from, VALUES(waiting_from)),
                              VALUES(waiting_from)),
            last_sequence = VALUES(last_sequence),
            rejected = VALUES(rejected),
            conflicts = VALUES(conflicts),
            known_sequence = VALUES(known_sequence),
            known_event_id = VALUES(known_event_id),
            newest_time = VALUES(newest_time)
          """
              .formatted(
                  String.join(
                      ", ",
                      Collections.nCopies(
                          chains.size(),
                          "(?, ?, ?, ?, IF(?, CURRENT_TIMESTAMP(6), NULL), IF(?, UTC_TIMESTAMP(6), NULL), ?, ?, ?, ?, ?)")));
      try (PreparedStatement s = transaction.prepareStatement(sql)) {
        int column = 1;
        for (Chain chain : chains) {
          column = set(s, setChain(s, column, chain), Objects.requireNonNull(rows.get(chain)));
        }
        s.executeUpdate();
      }
    }
  }

  private static int set(PreparedStatement s, int first, Row row) throws SQLException {
    int column = first;
    s.setLong(column++, row.last);
    s.setBoolean(column++, row.waiting);
    s.setBoolean(column++, row.waiting);
    s.setBoolean(column++, row.rejected);
    s.setInt(column++, row.conflicts);
    if (row.known.isPresent()) {
      s.setLong(column++, row.last);
      s.setString(column++, row.known.get().id().toString());
      s.setObject(column++, LocalDateTime.ofInstant(row.known.get().newest(), ZoneOffset.UTC));
    } else {
      s.setNull(column++, Types.BIGINT);
      s.setNull(column++, Types.CHAR);
      s.setNull(column++, Types.TIMESTAMP);
    }
    return column;
  }

  static int setChain(PreparedStatement s, int column, Chain chain) throws SQLException {
    s.setString(column, chain.source());
    s.setString(column + 1, chain.aggregate().type());
    s.setString(column + 2, chain.aggregate().id());
    return column + 3;
  }

  /** The chain in a row's first three columns. */
  static Chain chain(ResultSet row) throws SQLException {
    return new Chain(row.getString(1), new Aggregate(row.getString(2), row.getString(3)));
  }

  private static List<List<Chain>> slices(List<Chain> all) {
    List<List<Chain>> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += ROWS_PER_STATEMENT) {
      slices.add(all.subList(from, Math.min(all.size(), from + ROWS_PER_STATEMENT)));
    }
    return slices;
  }
}
