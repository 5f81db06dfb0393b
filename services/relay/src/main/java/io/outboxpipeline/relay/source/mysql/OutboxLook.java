package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.look.Outlook;
import io.outboxpipeline.runtime.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Looks things up in the base database for people. Locks nothing. Thread-safe. */
public final class OutboxLook implements Outlook {
  /** Rows of the aggregate's slot that are looked at: the table has no key on aggregates. */
  private static final int LOOKED_AT = 100_000;

  private final Transactions transactions;

  public OutboxLook(Transactions transactions) {
    this.transactions = transactions;
  }

  @Override
  public List<Waiting> waiting(Aggregate aggregate, int limit) throws SQLException {
    return transactions.run(c -> waiting(c, aggregate, limit));
  }

  private static List<Waiting> waiting(Connection c, Aggregate aggregate, int limit)
      throws SQLException {
    String sql =
        """
        SELECT event_id, sequence, event_type, CAST(UNIX_TIMESTAMP(created_at) * 1000000 AS SIGNED)
        FROM (SELECT id, event_id, sequence, event_type, created_at, aggregate_type, aggregate_id
              FROM obt WHERE slot = ? ORDER BY id LIMIT %s) looked_at
        WHERE aggregate_type = ? AND aggregate_id = ? ORDER BY id LIMIT ?
        """
            .formatted(LOOKED_AT);
    List<Waiting> all = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, aggregate.slot());
      s.setString(2, aggregate.type());
      s.setString(3, aggregate.id());
      s.setInt(4, limit);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Waiting(
                  row.getString(1),
                  row.getString(2),
                  row.getString(3),
                  Instant.EPOCH.plus(row.getLong(4), ChronoUnit.MICROS)));
        }
      }
    }
    return all;
  }

  @Override
  public List<Found> find(String eventId, String traceId, int limit) throws SQLException {
    return transactions.run(c -> find(c, eventId, traceId, limit));
  }

  private static List<Found> find(Connection c, String eventId, String traceId, int limit)
      throws SQLException {
    String sql =
        """
        SELECT aggregate_type, aggregate_id, event_id, sequence
        FROM (SELECT aggregate_type, aggregate_id, event_id, sequence, headers
              FROM obt ORDER BY slot, id LIMIT %s) looked_at
        WHERE (? <> '' AND event_id = ?) OR (? <> '' AND headers LIKE CONCAT('%%', ?, '%%'))
        UNION
        SELECT aggregate_type, aggregate_id, event_id, sequence
        FROM obt_quarantine
        WHERE (? <> '' AND event_id = ?) OR (? <> '' AND headers LIKE CONCAT('%%', ?, '%%'))
        LIMIT ?
        """
            .formatted(LOOKED_AT);
    List<Found> all = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      int column = 1;
      for (int part = 0; part < 2; part++) {
        s.setString(column++, eventId);
        s.setString(column++, eventId);
        s.setString(column++, traceId);
        s.setString(column++, traceId);
      }
      s.setInt(column, limit);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Found(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
        }
      }
    }
    return all;
  }

  @Override
  public List<Decided> decisions(int limit) throws SQLException {
    return transactions.run(c -> decisions(c, limit));
  }

  private static List<Decided> decisions(Connection c, int limit) throws SQLException {
    String sql =
        """
        SELECT decided_at, decision, event_id, token, address, why
        FROM obt_decision ORDER BY id DESC LIMIT ?
        """;
    List<Decided> all = new ArrayList<>();
    try (var s = c.prepareStatement(sql)) {
      s.setInt(1, limit);
      try (var row = s.executeQuery()) {
        while (row.next()) {
          all.add(
              new Decided(
                  row.getObject(1, LocalDateTime.class).toInstant(ZoneOffset.UTC),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6)));
        }
      }
    }
    return all;
  }
}
