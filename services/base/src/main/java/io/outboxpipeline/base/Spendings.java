package io.outboxpipeline.base;

import com.zaxxer.hikari.HikariDataSource;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbClientException;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.outbox.Outbox.Appended;
import io.outboxpipeline.runtime.Deadline;
import io.outboxpipeline.runtime.Transactions;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * The table of spendings in MySQL or MariaDB. Thread-safe.
 *
 * <p>Reads go through Helidon's DbClient. Writes do not: the event must be appended on the very
 * connection of the transaction, and a {@code DbTransaction} does not give it away (its {@code
 * unwrap} opens another one).
 */
final class Spendings {
  private final Transactions transactions;
  private final SeenCounters counters;
  private final InstantSource clock;
  private final Turns turns;
  private final Duration requestTimeout;
  private final DbClient client;

  /**
   * @param requestTimeout how long a request may take
   */
  Spendings(
      HikariDataSource database,
      Transactions transactions,
      SeenCounters counters,
      InstantSource clock,
      Duration requestTimeout) {
    this.transactions = transactions;
    this.counters = counters;
    this.clock = clock;
    this.requestTimeout = requestTimeout;
    this.turns = new Turns(database.getMaximumPoolSize());
    this.client = JdbcClientBuilder.create().connectionPool(() -> connect(database)).build();
  }

  private Connection connect(DataSource database) {
    try {
      Connection c = database.getConnection();
      // The pool puts the connection's own time-out back.
      c.setNetworkTimeout(
          Runnable::run, (int) Math.min(c.getNetworkTimeout(), requestTimeout.toMillis()));
      return c;
    } catch (SQLException e) {
      throw new DbClientException("no connection", e);
    }
  }

  /** Writes the spending, its event and its idempotency key: all of them or none. */
  Recorded record(NewSpending spending, Optional<String> key) throws SQLException {
    Deadline deadline = Deadline.in(requestTimeout);
    Recorded recorded =
        turns.run(
            spending.identity(),
            deadline,
            () -> transactions.run(deadline, c -> record(c, spending, key)));
    if (recorded instanceof Recorded.Created(Spending created)) {
      counters.committed(spending.aggregate(), created.sequence());
    }
    return recorded;
  }

  private Recorded record(Connection c, NewSpending spending, Optional<String> key)
      throws SQLException {
    if (key.isPresent()) {
      Optional<Recorded> before = earlier(c, spending, key.get());
      if (before.isPresent()) {
        return before.get();
      }
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    // First the event: it takes the identity's lock, so that ids have the order of sequences.
    Appended event = Outbox.append(c, spending.event(now));
    long id = insert(c, spending, event, now);
    if (key.isPresent() && !IdempotencyKeys.take(c, key.get(), spending.digest(), id)) {
      // The same request came twice at once, and the other one has committed.
      c.rollback();
      return earlier(c, spending, key.get())
          .orElseThrow(() -> new SQLException("the idempotency key was purged", "40001"));
    }
    return new Recorded.Created(new Spending(id, event.eventId(), event.sequence(), spending, now));
  }

  private static Optional<Recorded> earlier(Connection c, NewSpending spending, String key)
      throws SQLException {
    Optional<IdempotencyKeys.Used> used = IdempotencyKeys.find(c, key);
    if (used.isEmpty()) {
      return Optional.empty();
    }
    if (!MessageDigest.isEqual(used.get().digest(), spending.digest())) {
      return Optional.of(new Recorded.KeyTaken());
    }
    return Optional.of(new Recorded.Replayed(select(c, used.get().spendingId())));
  }

  private static long insert(Connection c, NewSpending spending, Appended event, Instant now)
      throws SQLException {
    String sql =
        """
        INSERT INTO obt_spending (identity, sequence, event_id, name, surname, amount, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """;
    try (var s = c.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
      s.setString(1, spending.identity());
      s.setLong(2, event.sequence());
      s.setString(3, event.eventId().toString());
      s.setString(4, spending.name());
      s.setString(5, spending.surname());
      s.setBigDecimal(6, spending.amount());
      s.setObject(7, utc(now));
      s.executeUpdate();
      try (var keys = s.getGeneratedKeys()) {
        keys.next();
        return keys.getLong(1);
      }
    }
  }

  private static Spending select(Connection c, long id) throws SQLException {
    String sql =
        """
        SELECT id, event_id, sequence, identity, name, surname, amount, created_at
        FROM obt_spending WHERE id = ?
        """;
    try (var s = c.prepareStatement(sql)) {
      s.setLong(1, id);
      try (var row = s.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("spending " + id + " of an idempotency key is gone");
        }
        return new Spending(
            row.getLong(1),
            UUID.fromString(row.getString(2)),
            row.getLong(3),
            new NewSpending(
                row.getString(4), row.getString(5), row.getString(6), row.getBigDecimal(7)),
            row.getObject(8, LocalDateTime.class).toInstant(ZoneOffset.UTC));
      }
    }
  }

  /**
   * One spending.
   *
   * @throws DbClientException if the database fails
   */
  Optional<Spending> find(long id) {
    return client
        .execute()
        .createGet(
            """
            SELECT id, event_id, sequence, identity, name, surname, amount, created_at
            FROM obt_spending WHERE id = ?
            """)
        .addParam(id)
        .execute()
        .map(Spendings::of);
  }

  /**
   * An identity's spendings in the order in which they committed.
   *
   * @param after the sequence to begin after
   * @throws DbClientException if the database fails
   */
  List<Spending> list(String identity, long after, int limit) {
    try (var rows =
        client
            .execute()
            .createQuery(
                """
                SELECT id, event_id, sequence, identity, name, surname, amount, created_at
                FROM obt_spending WHERE identity = ? AND sequence > ?
                ORDER BY sequence LIMIT ?
                """)
            .addParam(identity)
            .addParam(after)
            .addParam(limit)
            .execute()) {
      return rows.map(Spendings::of).toList();
    }
  }

  private static Spending of(DbRow row) {
    return new Spending(
        row.column("id").get(Long.class),
        UUID.fromString(row.column("event_id").get(String.class)),
        row.column("sequence").get(Long.class),
        new NewSpending(
            row.column("identity").get(String.class),
            row.column("name").get(String.class),
            row.column("surname").get(String.class),
            row.column("amount").get(BigDecimal.class)),
        row.column("created_at").get(LocalDateTime.class).toInstant(ZoneOffset.UTC));
  }

  private static LocalDateTime utc(Instant time) {
    return LocalDateTime.ofInstant(time, ZoneOffset.UTC);
  }
}
