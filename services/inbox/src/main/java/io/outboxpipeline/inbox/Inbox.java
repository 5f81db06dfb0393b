package io.outboxpipeline.inbox;

import io.outboxpipeline.inbox.InboxTable.Row;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Applies each event once and in order, whatever order and however often it arrives. Thread-safe
 * and without state: all of it is in the caller's database, changed in the caller's transaction, so
 * that it commits together with what the handler wrote, or not at all.
 *
 * <p>Every method that takes a {@code transaction} needs a connection with auto-commit off, at READ
 * COMMITTED or REPEATABLE READ. It never commits, and after any exception the caller rolls back
 * everything; {@link io.outboxpipeline.outbox.DatabaseFailure} says whether to try again. Several
 * consumers may receive the same chains at once: the second waits for the first to commit. Rows are
 * locked in one order, so that calls of one transaction each do not deadlock one another, but for
 * the rollback of a chain's very first event.
 *
 * <p>One transaction replays at most 2,000 parked events or 4 MiB of them. If more have their turn,
 * the answer says so, and the caller goes on with {@link #resume} after the commit. {@link
 * #unfinished} finds what a crash left.
 */
public final class Inbox {

  /** How many parked events are handed to the handler at once. */
  static final int PAGE = 200;

  private static final int MAX_EVENT_TYPE = 255;
  private static final int MAX_CONTENT_TYPE = 127;
  private static final Instant FIRST_TIME = Instant.parse("1000-01-01T00:00:00Z");
  private static final Instant LAST_TIME = Instant.parse("9999-12-31T23:59:59.999999Z");

  private final Start start;

  public Inbox(Start start) {
    this.start = start;
  }

  /**
   * Applies events whose turn it is, and the parked ones whose turn comes by that; parks those that
   * came too early; drops those that were applied before; holds those whose number another event
   * has.
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
    var arrived = new TreeMap<Chain, List<Event>>();
    for (Received received : events) {
      requireStorable(received);
      arrived.computeIfAbsent(chain(received), c -> new ArrayList<>()).add(received.event());
    }
    var firstLast = new HashMap<Chain, Long>();
    arrived.forEach((chain, all) -> firstLast.put(chain, lastBefore(all)));
    Map<Chain, Row> before = InboxTable.lock(transaction, firstLast);
    List<Progress> chains = new ArrayList<>();
    for (var entry : arrived.entrySet()) {
      Row row = before.get(entry.getKey());
      if (row == null) {
        throw new IllegalStateException(
            "the inbox row of " + entry.getKey() + " is gone under its lock");
      }
      chains.add(Progress.of(transaction, entry.getKey(), row, entry.getValue()));
    }
    List<Event> applied = Advance.run(transaction, chains, handler);
    return receipt(events, chains, applied);
  }

  private long lastBefore(List<Event> first) {
    return switch (start) {
      case AT_ONE -> 0;
      case AT_FIRST_SEEN -> first.stream().mapToLong(Event::sequence).min().orElseThrow() - 1;
    };
  }

  /**
   * Goes on with a chain's parked events whose turn has come, if there are any.
   *
   * @return empty, and nothing done, if the chain is not known or waits for a decision
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> resume(Connection transaction, Chain chain, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    Optional<Row> row = InboxTable.lock(transaction, chain);
    return row.isEmpty() || row.get().stopped()
        ? Optional.empty()
        : Optional.of(resume(transaction, chain, row.get(), row.get().last(), handler));
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
    if (row.isEmpty() || row.get().stopped() || row.get().last() + 1 != missing) {
      return Optional.empty();
    }
    OptionalLong first = ParkedTable.firstAfter(transaction, chain, row.get().last());
    return first.isEmpty() || first.getAsLong() == missing
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
            .getOrDefault(chain, new Row(last, false, false, 0, Optional.empty()));
    return row.last() >= last
        ? new Resumed(row.last(), List.of(), Optional.empty(), false)
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
    return row.isEmpty()
            || !row.get().rejected()
            || row.get().conflicts() > 0
            || row.get().last() + 1 != sequence
        ? Optional.empty()
        : Optional.of(resume(transaction, chain, row.get(), last, handler));
  }

  private static Resumed resume(
      Connection transaction, Chain chain, Row row, long last, EventHandler handler)
      throws SQLException {
    var progress = new Progress(chain, row);
    progress.active = row.waiting() && row.conflicts() == 0;
    if (last != row.last()) {
      progress.last = last;
      progress.known = Optional.empty();
    }
    return Advance.resumed(transaction, progress, handler, List.of());
  }

  /**
   * Applies an event in conflict in spite of its number, which stays the other event's too; then
   * the chain goes on, unless other conflicts of it are open.
   *
   * @return empty, and nothing done, if there is no such open conflict. If the handler rejects the
   *     event, the conflict stays open
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> applyConflict(
      Connection transaction, Chain chain, long sequence, UUID eventId, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    return Settlement.apply(transaction, chain, sequence, eventId, handler);
  }

  /**
   * Gives an event in conflict up for ever; then the chain goes on, unless other conflicts of it
   * are open.
   *
   * @return empty, and nothing done, if there is no such open conflict
   * @throws SQLException from the database, or as the handler throws it
   */
  public Optional<Resumed> discardConflict(
      Connection transaction, Chain chain, long sequence, UUID eventId, EventHandler handler)
      throws SQLException {
    requireTransaction(transaction);
    return Settlement.discard(transaction, chain, sequence, eventId, handler);
  }

  /** The chains that wait for an event that has not arrived, those that wait longest first. */
  public static List<Waiting> waiting(Connection connection, int limit) throws SQLException {
    return StandingChains.waiting(connection, limit);
  }

  /** The chains that {@link #resume} has something to do for. */
  public static List<Chain> unfinished(Connection connection, int limit) throws SQLException {
    return StandingChains.unfinished(connection, limit);
  }

  /**
   * The rejected events that wait for a decision, those that wait longest first.
   *
   * @param limit of their number; fewer are given where their payloads have more than 8 MiB
   */
  public static List<Held> held(Connection connection, int limit) throws SQLException {
    return StandingChains.held(connection, limit);
  }

  /**
   * The events in conflict that wait for a decision, those that wait longest first.
   *
   * @param limit of their number; fewer are given where their payloads have more than 8 MiB
   */
  public static List<Conflicting> conflicts(Connection connection, int limit) throws SQLException {
    return StandingChains.conflicts(connection, limit);
  }

  /** The chains of an aggregate, of whatever source, that wait or are held. */
  public static List<Chain> standing(Connection connection, Aggregate aggregate)
      throws SQLException {
    return StandingChains.of(connection, aggregate);
  }

  /** How many chains stand still and for how long; reads only those. */
  public static StalledChains stalled(Connection connection) throws SQLException {
    return StandingChains.stalled(connection);
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
    if (event.time().isBefore(FIRST_TIME) || event.time().isAfter(LAST_TIME)) {
      throw new IllegalArgumentException("time is not between the years 1000 and 9999");
    }
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

  private static Receipt receipt(
      List<Received> events, List<Progress> chains, List<Event> applied) {
    var byChain = new HashMap<Chain, Progress>();
    chains.forEach(p -> byChain.put(p.chain, p));
    Set<UUID> given = new HashSet<>();
    List<Outcome> outcomes = new ArrayList<>(events.size());
    for (Received received : events) {
      Progress p = byChain.get(chain(received));
      boolean first = given.add(received.event().id());
      outcomes.add(p == null || !first ? new Outcome.Duplicate() : p.outcome(received.event()));
    }
    return new Receipt(
        outcomes,
        applied.stream().filter(e -> !given.contains(e.id())).toList(),
        chains.stream().filter(p -> p.unfinished).map(p -> p.chain).collect(Collectors.toSet()));
  }
}
