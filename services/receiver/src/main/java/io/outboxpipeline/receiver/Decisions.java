package io.outboxpipeline.receiver;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.inbox.Conflicting;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Held;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.inbox.Resumed;
import io.outboxpipeline.inbox.Waiting;
import io.outboxpipeline.outbox.Aggregate;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What stands still in a receiver's inbox, and what people decide about it. Each decision names the
 * number that it is about; it answers empty, and does nothing, if the chain does not stand still at
 * that number for this reason, or no longer. What was parked behind it is then applied, in
 * transactions of their own. Thread-safe.
 */
public final class Decisions {
  private final InboxWork transactions;
  private final Inbox inbox;
  private final Replay replay;

  Decisions(InboxWork transactions, Inbox inbox, Replay replay) {
    this.transactions = transactions;
    this.inbox = inbox;
    this.replay = replay;
  }

  /**
   * Where a chain is after a decision.
   *
   * @param last the last number that is applied or given up
   * @param applied how many events the handler ran for
   * @param rejected the event at which the chain stopped again, if it did
   */
  public record Progress(long last, long applied, Optional<Rejection> rejected) {}

  /** Keeps a note of a decision, in the transaction that carries it out. */
  @FunctionalInterface
  public interface Note {
    void keep(Connection transaction) throws SQLException;

    /** Keeps none. */
    static Note none() {
      return transaction -> {};
    }
  }

  /** Chains that wait for an event that has not arrived, those that wait longest first. */
  public List<Waiting> waiting(int limit) throws SQLException {
    return transactions.run((c, handler) -> Inbox.waiting(c, limit));
  }

  /** Rejected events that wait for a decision, those that wait longest first. */
  public List<Held> rejected(int limit) throws SQLException {
    return transactions.run((c, handler) -> Inbox.held(c, limit));
  }

  /** Events in conflict that wait for a decision, those that wait longest first. */
  public List<Conflicting> conflicts(int limit) throws SQLException {
    return transactions.run((c, handler) -> Inbox.conflicts(c, limit));
  }

  /** The chains of an aggregate, of whatever source, that stand still. */
  public List<Chain> standing(Aggregate aggregate) throws SQLException {
    return transactions.run((c, handler) -> Inbox.standing(c, aggregate));
  }

  /** Gives up the missing numbers up to the first parked one. */
  public Optional<Progress> skip(Chain chain, long missing, Note by) throws SQLException {
    return decide(chain, by, (c, handler) -> inbox.skip(c, chain, missing, handler));
  }

  /** Gives a rejected event to the handler again. */
  public Optional<Progress> retry(Chain chain, long sequence, Note by) throws SQLException {
    return decide(chain, by, (c, handler) -> inbox.retry(c, chain, sequence, handler));
  }

  /** Gives a rejected event up for ever. */
  public Optional<Progress> discard(Chain chain, long sequence, Note by) throws SQLException {
    return decide(chain, by, (c, handler) -> inbox.discard(c, chain, sequence, handler));
  }

  /** Applies an event in conflict in spite of its number. */
  public Optional<Progress> applyConflict(Chain chain, long sequence, UUID eventId, Note by)
      throws SQLException {
    return decide(
        chain, by, (c, handler) -> inbox.applyConflict(c, chain, sequence, eventId, handler));
  }

  /** Gives an event in conflict up for ever. */
  public Optional<Progress> discardConflict(Chain chain, long sequence, UUID eventId, Note by)
      throws SQLException {
    return decide(
        chain, by, (c, handler) -> inbox.discardConflict(c, chain, sequence, eventId, handler));
  }

  private interface Decision {
    Optional<Resumed> on(Connection transaction, EventHandler handler) throws SQLException;
  }

  private Optional<Progress> decide(Chain chain, Note by, Decision decision) throws SQLException {
    Optional<Resumed> done =
        transactions.run(
            (c, handler) -> {
              Optional<Resumed> goesOn = decision.on(c, handler);
              if (goesOn.isPresent()) {
                by.keep(c);
              }
              return goesOn;
            });
    return done.isEmpty() ? Optional.empty() : Optional.of(replay.goOn(chain, done.get()));
  }
}
