package io.outboxpipeline.receiver;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.inbox.RejectedEventException.Rejection;
import io.outboxpipeline.outbox.DatabaseFailure;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.receiver.ReceiverMetrics.Count;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Calls the inbox with the handler, each time in a transaction of its own, and again from the start
 * after a deadlock, a wait for a lock that was too long, or a rejection that undoes the whole
 * transaction. Thread-safe.
 */
final class InboxWork {
  private static final int ATTEMPTS = 8;
  private static final long FIRST_PAUSE_MILLIS = 5;

  private final Transactions transactions;
  private final EventHandler handler;
  private final Undo undo;
  private final ReceiverMetrics metrics;

  InboxWork(Transactions transactions, EventHandler handler, Undo undo, ReceiverMetrics metrics) {
    this.transactions = transactions;
    this.handler = handler;
    this.undo = undo;
    this.metrics = metrics;
  }

  interface Call<T> {
    T on(Connection transaction, EventHandler handler) throws SQLException;
  }

  /**
   * Commits the call, or throws having rolled it back. (If it is the commit whose answer is lost,
   * nobody knows which of the two.)
   */
  <T> T run(Call<T> call) throws SQLException {
    return switch (undo) {
      case SAVEPOINT -> attempts(c -> call.on(c, handler));
      case TRANSACTION -> undoingAll(call);
    };
  }

  private <T> T undoingAll(Call<T> call) throws SQLException {
    var rejected = new HashMap<UUID, Rejection>();
    while (true) {
      int before = rejected.size();
      try {
        return attempts(c -> call.on(c, remembering(rejected)));
      } catch (SQLException | RuntimeException e) {
        if (rejected.size() == before) {
          throw e;
        }
      }
    }
  }

  /** Names what was rejected before anything is written; what is rejected anew ends all. */
  private EventHandler remembering(Map<UUID, Rejection> rejected) {
    return (transaction, run) -> {
      List<Rejection> known =
          run.stream().map(Event::id).filter(rejected::containsKey).map(rejected::get).toList();
      if (!known.isEmpty()) {
        throw new RejectedEventException(known);
      }
      try {
        handler.apply(transaction, run);
      } catch (RejectedEventException e) {
        for (Rejection rejection : e.rejections()) {
          if (run.stream().anyMatch(r -> r.id().equals(rejection.event().id()))) {
            rejected.put(rejection.event().id(), rejection);
          }
        }
        throw new UndoneException(e);
      }
    };
  }

  private <T> T attempts(Transactions.Work<T> work) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        return transactions.run(work);
      } catch (SQLException | RuntimeException e) {
        if (DatabaseFailure.of(e) != DatabaseFailure.CONFLICT || attempt == ATTEMPTS) {
          throw e;
        }
        metrics.count(Count.TRANSACTION_RETRIES, 1);
        if (!pause(attempt)) {
          throw e;
        }
      }
    }
  }

  /**
   * A random time up to one that doubles, so that those who collided don't meet again.
   *
   * @return false if it was interrupted
   */
  private static boolean pause(int attempt) {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, FIRST_PAUSE_MILLIS << attempt));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends a transaction in which a handler rejected something. */
  private static final class UndoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UndoneException(RejectedEventException cause) {
      super("the handler rejected events", cause, false, false);
    }
  }
}
