package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.Outcome;
import io.outboxpipeline.inbox.Receipt;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.Unreadable;
import io.outboxpipeline.receiver.ReceiverMetrics.Count;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * What is done with the messages of one receive: their events are applied in one transaction, what
 * is not readable of them is put into the dead-letter queue, then they are deleted. Thread-safe.
 */
final class BatchWork {
  private static final System.Logger LOG = System.getLogger(BatchWork.class.getName());

  private final MessageQueue queue;
  private final ScheduledExecutorService timer;
  private final InboxWork transactions;
  private final DatabaseWatch database;
  private final Inbox inbox;
  private final Replay replay;
  private final ReceiverMetrics metrics;

  BatchWork(
      MessageQueue queue,
      ScheduledExecutorService timer,
      InboxWork transactions,
      DatabaseWatch database,
      Inbox inbox,
      Replay replay,
      ReceiverMetrics metrics) {
    this.queue = queue;
    this.timer = timer;
    this.transactions = transactions;
    this.database = database;
    this.inbox = inbox;
    this.replay = replay;
    this.metrics = metrics;
  }

  /** A message, event by event: one that is not readable takes no other along. */
  private record Decoded(Message message, List<Received> events, List<Unreadable> unreadable) {

    static Decoded of(Message message) {
      List<Received> events = new ArrayList<>();
      List<Unreadable> unreadable = new ArrayList<>();
      for (var item : CloudEventsCodec.decodeEach(message.body(), Inbox::requireStorable)) {
        if (item instanceof Received received) {
          events.add(received);
        } else if (item instanceof Unreadable part) {
          unreadable.add(part);
        }
      }
      return new Decoded(message, events, unreadable);
    }
  }

  /**
   * Does the work. What fails is left, and delivered again when its visibility ends.
   *
   * @return whether none of it failed
   */
  boolean run(List<Message> messages) {
    metrics.count(Count.RECEIVE_BATCHES, 1);
    metrics.count(Count.MESSAGES, messages.size());
    try (var keeper = VisibilityKeeper.start(queue, timer, messages)) {
      return apply(messages.stream().map(Decoded::of).toList(), keeper);
    }
  }

  /** All in one transaction, and if that fails, each by itself, so that one holds up no other. */
  private boolean apply(List<Decoded> decoded, VisibilityKeeper keeper) {
    try {
      return applyInOne(decoded, keeper);
    } catch (SQLException | RuntimeException e) {
      if (database.isAway(e)) {
        metrics.count(Count.FAILED_MESSAGES, decoded.size());
        return false;
      }
      if (decoded.size() == 1) {
        Message message = decoded.get(0).message;
        LOG.log(
            ERROR,
            "message " + message.messageId() + " could not be applied; it stays",
            WithoutValues.of(e));
        metrics.count(Count.FAILED_MESSAGES, 1);
        keeper.release(List.of(message));
        return false;
      }
    }
    boolean all = true;
    for (Decoded one : decoded) {
      all &= apply(List.of(one), keeper);
    }
    return all;
  }

  private boolean applyInOne(List<Decoded> decoded, VisibilityKeeper keeper) throws SQLException {
    List<Received> events = decoded.stream().flatMap(r -> r.events.stream()).toList();
    Set<Chain> unfinished = Set.of();
    if (!events.isEmpty()) {
      Receipt receipt = transactions.run((c, handler) -> inbox.receive(c, events, handler));
      Tally.committed(metrics, events, receipt);
      tell(events, receipt);
      unfinished = receipt.unfinished();
    }
    boolean all = finish(decoded, keeper);
    unfinished.forEach(replay::goOn);
    return all;
  }

  /** Deletes what is done with: committed, and what is not readable of it in another queue. */
  private boolean finish(List<Decoded> decoded, VisibilityKeeper keeper) {
    List<Message> done = decoded.stream().filter(this::setAside).map(Decoded::message).toList();
    keeper.release(decoded.stream().map(Decoded::message).toList());
    if (!done.isEmpty()) {
      metrics.count(Count.UNDELETED_MESSAGES, queue.delete(done));
    }
    return done.size() == decoded.size();
  }

  /** Whether nothing of the message is unreadable, or all of that is in the dead-letter queue. */
  private boolean setAside(Decoded decoded) {
    boolean all = true;
    for (int part = 0; part < decoded.unreadable.size() && all; part++) {
      all = deadLetter(decoded.message, part, decoded.unreadable.get(part));
    }
    return all;
  }

  private boolean deadLetter(Message message, int part, Unreadable unreadable) {
    try {
      if (queue.deadLetter(message, part, unreadable.body(), unreadable.reason())) {
        LOG.log(
            WARNING,
            "part of message {0} is not readable and was put into the dead-letter queue: {1}",
            message.messageId(),
            unreadable.reason());
        metrics.count(Count.DEAD_LETTERED, 1);
        return true;
      }
      LOG.log(
          ERROR,
          "message {0} is not readable and there is no dead-letter queue; it stays: {1}",
          message.messageId(),
          unreadable.reason());
      metrics.count(Count.UNREADABLE_KEPT, 1);
    } catch (SdkException e) {
      LOG.log(
          ERROR,
          "message {0} is not readable and could not be put into the dead-letter queue: {1}",
          message.messageId(),
          e.getMessage());
      metrics.count(Count.QUEUE_ERRORS, 1);
    }
    return false;
  }

  private static void tell(List<Received> events, Receipt receipt) {
    for (int i = 0; i < events.size(); i++) {
      Outcome outcome = receipt.outcomes().get(i);
      if (outcome instanceof Outcome.Rejected rejected) {
        tell(events.get(i), "was rejected", rejected.reason());
      } else if (outcome instanceof Outcome.Conflict conflict) {
        tell(events.get(i), "is in conflict", conflict.reason());
      }
    }
  }

  private static void tell(Received received, String what, String reason) {
    LOG.log(
        WARNING,
        "event {0}, number {1} of {2}, {3} and holds back what follows: {4}",
        received.event().id(),
        received.event().sequence(),
        received.event().aggregate(),
        what,
        reason);
  }
}
