package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.InboxTable.Row;
import io.outboxpipeline.inbox.ParkedTable.Parking;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.Schema;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Applies each event once and in order, whatever order and however often it arrives. Thread-safe
 * and without state: all of it is in the caller's database, changed in the caller's transaction, so
 * that it commits together with what the handler wrote, or not at all.
 *
 * <p>Every method that takes a {@code transaction} needs a connection with auto-commit off, at READ
 * COMMITTED or REPEATABLE READ. It never commits, and after any exception the caller rolls back
 * everything; {@link io.outboxpipeline.outbox.Outbox#isRetryable} says whether to try again.
 * Several consumers may receive the same chains at once: the second waits for the first to commit.
 * Rows are locked in one order, so that calls of one transaction each do not deadlock one another,
 * but for the rollback of a chain's very first event.
 */
public final class Inbox {

  /** How many parked events are read and handed to the handler at once. */
  static final int PAGE = 200;

  private static final int MAX_REASON = 1000;
  private static final int MAX_EVENT_TYPE = 255;
  private static final int MAX_CONTENT_TYPE = 127;

  private final Start start;

  public Inbox(Start start) {
    this.start = start;
  }

  /**
   * Creates or brings up to date the tables {@code inbox} and {@code inbox_parked}. Several at once
   * are safe.
   *
   * @throws org.flywaydb.core.api.FlywayException if the database refuses, or is newer than this
   */
  public static void migrate(DataSource database) {
    Schema.migrate(database, "classpath:io/outboxpipeline/inbox/schema", "inbox_schema_history");
  }

  /**
   * Applies events whose turn it is, and the parked ones whose turn comes by that; parks those that
   * came too early; drops those that were applied before.
   *
   * @param events in any order, of any number of chains
   * @param handler called once per run, never for a tombstone
   * @throws IllegalArgumentException as {@link #requireStorable}, before anything is written
   * @throws IllegalStateException if the connection commits each statement by itself
   * @throws SQLException from the database, or as the handler throws it
   */
  public Receipt receive(Connection transaction, List<Received> events, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    var arrived = new TreeMap<Chain, NavigableMap<Long, Event>>();
    for (Received received : events) {
      requireStorable(received);
      arrived
          .computeIfAbsent(chain(received), c -> new TreeMap<>())
          .putIfAbsent(received.event().sequence(), received.event());
    }
    var firstLast = new HashMap<Chain, Long>();
    arrived.forEach(
        (chain, byNumber) ->
            firstLast.put(
                chain,
                switch (start) {
                  case AT_ONE -> 0L;
                  case AT_FIRST_SEEN -> byNumber.firstKey() - 1;
                }));
    Map<Chain, Row> before = InboxTable.lock(transaction, firstLast);
    List<Progress> chains = new ArrayList<>();
    arrived.forEach(
        (chain, byNumber) -> {
          Row row = before.get(chain);
          if (row == null) {
            throw new IllegalStateException(
                "the inbox row of " + chain + " is gone under its lock");
          }
          chains.add(
              new Progress(
                  chain, row, byNumber, !row.rejected() && byNumber.containsKey(row.last() + 1)));
        });
    List<Event> applied = advance(transaction, chains, handler);
    return receipt(events, chains, applied);
  }

  /**
   * Gives up the missing numbers that a chain's parked events wait for, and applies those. A given
   * up event that arrives later is dropped as a duplicate.
   *
   * @param missing the first missing number, as {@link #waiting} tells it, so that nobody gives up
   *     another one than was looked at
   * @return empty, and nothing done, if the chain does not wait for that number
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> skip(
      Connection transaction, Chain chain, long missing, EventHandler handler) throws SQLException {
    requireTransaction(transaction);
    Optional<Row> row = InboxTable.lock(transaction, chain);
    if (row.isEmpty() || row.get().rejected() || row.get().last() + 1 != missing) {
      return Optional.empty();
    }
    OptionalLong first = ParkedTable.firstAfter(transaction, chain, row.get().last());
    return first.isEmpty()
        ? Optional.empty()
        : Optional.of(resume(transaction, chain, row.get(), first.getAsLong() - 1, handler));
  }

  /**
   * Tells the inbox that everything of a chain up to a number is known already, such as from a copy
   * of the tables, and applies what is parked right after it. A chain that is further stays as it
   * is.
   *
   * @param last 0 or more
   * @throws SQLException from the database, or as the handler throws it
   */
  public Resumed baseline(Connection transaction, Chain chain, long last, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    if (last < 0) {
      throw new IllegalArgumentException("baseline " + last + " is below 0");
    }
    Row row =
        InboxTable.lock(transaction, Map.of(chain, last))
            .getOrDefault(chain, new Row(last, false, false));
    return row.last() >= last
        ? new Resumed(row.last(), List.of(), Optional.empty())
        : resume(transaction, chain, row, last, handler);
  }

  /**
   * Gives a rejected event to the handler again, and then what waits behind it.
   *
   * @return empty, and nothing done, if that number of the chain is not a rejected event
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> retry(
      Connection transaction, Chain chain, long sequence, EventHandler handler)
      throws SQLException {
    return decide(transaction, chain, sequence, sequence - 1, handler);
  }

  /**
   * Gives a rejected event up for ever, and goes on with what waits behind it.
   *
   * @return empty, and nothing done, if that number of the chain is not a rejected event
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> discard(
      Connection transaction, Chain chain, long sequence, EventHandler handler)
      throws SQLException {
    return decide(transaction, chain, sequence, sequence, handler);
  }

  private Optional<Resumed> decide(
      Connection transaction, Chain chain, long sequence, long last, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    Optional<Row> row = InboxTable.lock(transaction, chain);
    return row.isEmpty() || !row.get().rejected() || row.get().last() + 1 != sequence
        ? Optional.empty()
        : Optional.of(resume(transaction, chain, row.get(), last, handler));
  }

  private static Resumed resume(
      Connection transaction, Chain chain, Row row, long last, EventHandler handler)
      throws SQLException {
    var progress = new Progress(chain, row, new TreeMap<>(), row.waiting());
    progress.last = last;
    List<Event> applied = advance(transaction, List.of(progress), handler);
    return new Resumed(progress.last, applied, progress.rejection);
  }

  /** The chains that wait for an event that has not arrived, those that wait longest first. */
  public static List<Waiting> waiting(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT i.source, i.aggregate_type, i.aggregate_id, i.last_sequence, UNIX_TIMESTAMP(i.waiting_since),
               (SELECT COUNT(*)
                FROM inbox_parked p
                WHERE p.source = i.source AND p.aggregate_type = i.aggregate_type AND p.aggregate_id = i.aggregate_id)
        FROM inbox i
        WHERE i.waiting_since IS NOT NULL AND NOT i.rejected
        ORDER BY i.waiting_since
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, limit);
      List<Waiting> all = new ArrayList<>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(
              new Waiting(
                  InboxTable.chain(rows),
                  rows.getLong(4) + 1,
                  rows.getLong(6),
                  instant(rows.getBigDecimal(5))));
        }
      }
      return all;
    }
  }

  /** The rejected events that wait for a decision, those that wait longest first. */
  public static List<Held> held(Connection connection, int limit) throws SQLException {
    String sql =
        """
        SELECT p.source, p.aggregate_type, p.aggregate_id, p.sequence, p.event_id, p.event_type, p.event_time,
               p.content_type, p.payload, p.headers, p.reason, UNIX_TIMESTAMP(p.parked_at),
               (SELECT COUNT(*) - 1
                FROM inbox_parked q
                WHERE q.source = i.source AND q.aggregate_type = i.aggregate_type AND q.aggregate_id = i.aggregate_id)
        FROM inbox i
        JOIN inbox_parked p
          ON p.source = i.source AND p.aggregate_type = i.aggregate_type AND p.aggregate_id = i.aggregate_id
             AND p.sequence = i.last_sequence + 1
        WHERE i.waiting_since IS NOT NULL AND i.rejected
        ORDER BY i.waiting_since
        LIMIT ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setInt(1, limit);
      List<Held> all = new ArrayList<>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(
              new Held(
                  InboxTable.chain(rows),
                  ParkedTable.event(rows),
                  rows.getString(11),
                  rows.getLong(13),
                  instant(rows.getBigDecimal(12))));
        }
      }
      return all;
    }
  }

  /** The chains of an aggregate, of whatever source, that wait or are held. */
  public static List<Chain> standing(Connection connection, Aggregate aggregate)
      throws SQLException {
    String sql =
        """
        SELECT source, aggregate_type, aggregate_id
        FROM inbox
        WHERE waiting_since IS NOT NULL AND aggregate_type = ? AND aggregate_id = ?
        """;
    try (PreparedStatement s = connection.prepareStatement(sql)) {
      s.setString(1, aggregate.type());
      s.setString(2, aggregate.id());
      List<Chain> all = new ArrayList<>();
      try (var rows = s.executeQuery()) {
        while (rows.next()) {
          all.add(InboxTable.chain(rows));
        }
      }
      return all;
    }
  }

  /** How many chains stand still and for how long; reads only those. */
  public static Backlog backlog(Connection connection) throws SQLException {
    String sql =
        """
        SELECT COALESCE(SUM(NOT rejected), 0),
               COALESCE(MAX(IF(rejected, 0, TIMESTAMPDIFF(MICROSECOND, waiting_since, CURRENT_TIMESTAMP(6)))), 0),
               COALESCE(SUM(rejected), 0),
               COALESCE(MAX(IF(rejected, TIMESTAMPDIFF(MICROSECOND, waiting_since, CURRENT_TIMESTAMP(6)), 0)), 0)
        FROM inbox
        WHERE waiting_since IS NOT NULL
        """;
    try (PreparedStatement s = connection.prepareStatement(sql);
        ResultSet row = s.executeQuery()) {
      row.next();
      return new Backlog(row.getLong(1), micros(row, 2), row.getLong(3), micros(row, 4));
    }
  }

  /**
   * Refuses what the tables could not keep, so that a receiver can take such a message for one that
   * is not an outbox's.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  public static void requireStorable(Received received) {
    Event event = received.event();
    chain(received);
    requireLength("event type", event.type(), MAX_EVENT_TYPE);
    requireLength("content type", event.contentType(), MAX_CONTENT_TYPE);
  }

  private static void requireLength(String what, String text, int max) {
    if (text.codePointCount(0, text.length()) > max) {
      throw new IllegalArgumentException(what + " is longer than " + max + " characters");
    }
  }

  private static void requireTransaction(Connection transaction) throws SQLException {
    if (transaction.getAutoCommit()) {
      throw new IllegalStateException(
          "the inbox needs a transaction, and this connection commits each statement by itself");
    }
  }

  private static Chain chain(Received received) {
    return new Chain(received.source(), received.event().aggregate());
  }

  /** How one chain gets on within a call. */
  private static final class Progress {
    private final Chain chain;
    private final Row before;
    private final NavigableMap<Long, Event> arrived;
    private boolean active;
    private long last;
    private boolean waiting;
    private Optional<Rejection> rejection = Optional.empty();
    private NavigableMap<Long, Event> page = new TreeMap<>();

    Progress(Chain chain, Row before, NavigableMap<Long, Event> arrived, boolean active) {
      this.chain = chain;
      this.before = before;
      this.arrived = arrived;
      this.active = active;
      this.last = before.last();
      this.waiting = before.waiting();
    }
  }

  /**
   * Runs the active chains until each is at a gap or at a rejected event; writes where they are.
   */
  private static List<Event> advance(
      Connection transaction, List<Progress> chains, EventHandler handler) throws SQLException {
    List<Event> applied = new ArrayList<>();
    List<Progress> active = chains.stream().filter(p -> p.active).toList();
    while (!active.isEmpty()) {
      for (Progress p : active) {
        if (p.before.waiting()) {
          p.page = ParkedTable.page(transaction, p.chain, p.last, PAGE);
        }
      }
      var rejections = new HashMap<UUID, String>();
      List<Decision> decisions = apply(transaction, active, rejections, handler, applied);
      List<Progress> goingOn = new ArrayList<>();
      for (int i = 0; i < active.size(); i++) {
        Progress p = active.get(i);
        Decision decision = decisions.get(i);
        p.last = decision.last();
        p.rejection =
            decision
                .refused()
                .map(e -> new Rejection(e, rejections.getOrDefault(e.id(), "rejected")));
        boolean allOfFullPage =
            p.page.size() == PAGE && p.page.lastKey() <= p.last && p.rejection.isEmpty();
        p.waiting = !p.page.isEmpty() && p.page.lastKey() > p.last;
        if (allOfFullPage) {
          goingOn.add(p);
        }
      }
      active = goingOn;
    }
    write(transaction, chains);
    return applied;
  }

  /** Gives one run of all active chains to the handler, as often as it rejects some of it. */
  private static List<Decision> apply(
      Connection transaction,
      List<Progress> active,
      Map<UUID, String> rejections,
      EventHandler handler,
      List<Event> applied)
      throws SQLException {
    while (true) {
      List<Decision> decisions =
          active.stream()
              .map(p -> Decision.of(p.last, p.arrived, p.page, e -> rejections.containsKey(e.id())))
              .toList();
      List<Event> run =
          decisions.stream().flatMap(d -> d.run().stream()).filter(e -> !e.tombstone()).toList();
      if (run.isEmpty()) {
        return decisions;
      }
      Savepoint untouched = transaction.setSavepoint();
      try {
        handler.apply(transaction, run);
        applied.addAll(run);
        return decisions;
      } catch (RejectedEventException e) {
        transaction.rollback(untouched);
        for (Rejection rejection : e.rejections()) {
          if (run.stream().noneMatch(r -> r.id().equals(rejection.event().id()))) {
            throw new IllegalStateException(
                "the handler rejected event " + rejection.event().id() + ", which it was not given",
                e);
          }
          rejections.put(rejection.event().id(), shortened(rejection.reason()));
        }
      }
    }
  }

  private static void write(Connection transaction, List<Progress> chains) throws SQLException {
    var moved = new HashMap<Chain, Row>();
    List<Parking> parkings = new ArrayList<>();
    for (Progress p : chains) {
      boolean stillRejected = p.before.rejected() && p.last == p.before.last() && !p.active;
      NavigableMap<Long, Event> early = p.arrived.tailMap(p.last, false);
      p.rejection.ifPresent(r -> parkings.add(new Parking(p.chain, r.event(), r.reason())));
      early.values().stream()
          .filter(e -> p.rejection.isEmpty() || e.sequence() != p.last + 1)
          .forEach(e -> parkings.add(new Parking(p.chain, e, null)));
      var after =
          new Row(
              p.last,
              p.waiting || !early.isEmpty() || p.rejection.isPresent(),
              stillRejected || p.rejection.isPresent());
      if (!after.equals(p.before)) {
        moved.put(p.chain, after);
      }
      if (p.before.waiting() && p.last > p.before.last()) {
        ParkedTable.deleteUpTo(transaction, p.chain, p.last);
      }
    }
    if (!parkings.isEmpty()) {
      ParkedTable.insert(transaction, parkings);
    }
    InboxTable.write(transaction, moved);
  }

  private static Receipt receipt(
      List<Received> events, List<Progress> chains, List<Event> applied) {
    var byChain = new HashMap<Chain, Progress>();
    chains.forEach(p -> byChain.put(p.chain, p));
    Set<UUID> given = new HashSet<>();
    List<Outcome> outcomes = new ArrayList<>(events.size());
    for (Received received : events) {
      Progress p = byChain.get(chain(received));
      outcomes.add(p == null ? new Outcome.Duplicate() : outcome(received.event(), p, given));
    }
    return new Receipt(outcomes, applied.stream().filter(e -> !given.contains(e.id())).toList());
  }

  private static Outcome outcome(Event event, Progress p, Set<UUID> given) {
    if (!given.add(event.id()) || event.sequence() <= p.before.last()) {
      return new Outcome.Duplicate();
    }
    if (event.sequence() <= p.last) {
      return event.tombstone() ? new Outcome.Passed() : new Outcome.Applied();
    }
    return event.sequence() == p.last + 1 && p.rejection.isPresent()
        ? new Outcome.Rejected(p.rejection.get().reason())
        : new Outcome.Parked(p.last + 1);
  }

  private static String shortened(String reason) {
    return reason.codePointCount(0, reason.length()) <= MAX_REASON
        ? reason
        : reason.substring(0, reason.offsetByCodePoints(0, MAX_REASON - 1)) + "…";
  }

  private static Instant instant(BigDecimal unixTime) {
    return Instant.EPOCH.plusNanos(unixTime.movePointRight(9).longValue());
  }

  private static Duration micros(ResultSet row, int column) throws SQLException {
    return Duration.ofNanos(row.getLong(column) * 1000);
  }
}
