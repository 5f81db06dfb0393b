package io.outboxpipeline.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/**
 * Writes events into the outbox, in the caller's transaction. Thread-safe and without state: the
 * connection is the caller's, and so are commit and rollback.
 *
 * <p>The first event of an aggregate in a transaction takes the lock of the aggregate's row, which
 * the transaction holds until it ends. Two transactions that take several aggregates in different
 * orders can therefore deadlock: append all events of a transaction in one call, which takes the
 * locks in one order, and run the whole transaction again when {@link OutboxException#retryable}
 * says so. (A rollback of an aggregate's very first event can deadlock two others that wait to
 * write its first event too; InnoDB ends one of them the same way.)
 */
public final class Outbox {

  private Outbox() {}

  /**
   * What an appended event was given.
   *
   * @param eventId its id, a UUIDv7
   * @param sequence its number within the aggregate, from 1
   */
  public record Appended(UUID eventId, long sequence) {}

  /**
   * Writes one event.
   *
   * @param transaction a connection with auto-commit off
   * @throws IllegalStateException if auto-commit is on
   * @throws OutboxException if it fails; nothing of it is left in the transaction, which the caller
   *     rolls back
   */
  public static Appended append(Connection transaction, NewEvent event) {
    return append(transaction, List.of(event)).get(0);
  }

  /**
   * Writes events, those of one aggregate in the order of the list.
   *
   * @param transaction a connection with auto-commit off
   * @return what each was given, in the order of the list
   * @throws IllegalStateException if auto-commit is on
   * @throws OutboxException if it fails; nothing of it is left in the transaction, which the caller
   *     rolls back
   */
  public static List<Appended> append(Connection transaction, List<NewEvent> events) {
    requireTransaction(transaction);
    return new Append(transaction, List.copyOf(events)).run();
  }

  /** This class as an object, to be given interceptors and to be replaced in tests. */
  public static EventAppender appender() {
    return Outbox::append;
  }

  private static void requireTransaction(Connection transaction) {
    boolean autoCommit;
    try {
      autoCommit = transaction.getAutoCommit();
    } catch (SQLException e) {
      throw new OutboxException("the connection cannot be used: " + e.getMessage(), e, true);
    }
    if (autoCommit) {
      throw new IllegalStateException(
          "append needs a transaction, and this connection commits each statement by itself");
    }
  }

  /**
   * Whether the whole transaction may be run again: it was a deadlock's victim, waited too long for
   * a lock, or lost to another node of a cluster.
   */
  public static boolean isRetryable(SQLException e) {
    return DatabaseFailure.of(e) == DatabaseFailure.CONFLICT;
  }
}
