package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.Inbox;
import io.outboxpipeline.inbox.Outcome;
import io.outboxpipeline.inbox.Receipt;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.UnreadableMessageException;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Transactions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * What is done with the messages of one receive: their events are applied in one transaction, then
 * they are deleted. Thread-safe.
 */
final class BatchWork {
  private static final System.Logger LOG = System.getLogger(BatchWork.class.getName());

  private final MessageQueue queue;
  private final Transactions transactions;
  private final DatabaseWatch database;
  private final Inbox inbox;
  private final EventHandler handler;
  private final ConsumerMetrics metrics;

  BatchWork(
      MessageQueue queue,
      Transactions transactions,
      DatabaseWatch database,
      Inbox inbox,
      EventHandler handler,
      ConsumerMetrics metrics) {
    this.queue = queue;
    this.transactions = transactions;
    this.database = database;
    this.inbox = inbox;
    this.handler = handler;
    this.metrics = metrics;
  }

  private record Decoded(Message message, List<Received> events) {}

  /**
   * Does the work. What fails is left, and delivered again when its visibility ends.
   *
   * @return whether none of it failed
   */
  boolean run(List<Message> messages) {
    metrics.batches.increment();
    metrics.messages.increment(messages.size());
    try (var keeper = VisibilityKeeper.start(queue, messages)) {
      boolean all = true;
      List<Decoded> decoded = new ArrayList<>();
      for (Message message : messages) {
        try {
          decoded.add(new Decoded(message, decode(message)));
        } catch (UnreadableMessageException | IllegalArgumentException e) {
          all &= deadLetter(message, String.valueOf(e.getMessage()));
          keeper.release(List.of(message));
        }
      }
      return apply(decoded, keeper) && all;
    }
  }

  private static List<Received> decode(Message message) throws UnreadableMessageException {
    List<Received> events = CloudEventsCodec.decode(message.body());
    events.forEach(Inbox::requireStorable);
    return events;
  }

  private boolean deadLetter(Message message, String reason) {
    try {
      if (queue.deadLetter(message, reason)) {
        LOG.log(
            WARNING,
            "message {0} is not readable and was moved to the dead-letter queue: {1}",
            message.messageId(),
            reason);
        metrics.deadLettered.increment();
        delete(List.of(message));
        return true;
      }
      LOG.log(
          ERROR,
          "message {0} is not readable and there is no dead-letter queue; it stays: {1}",
          message.messageId(),
          reason);
      metrics.unreadableKept.increment();
    } catch (SdkException e) {
      LOG.log(
          ERROR,
          "message {0} is not readable and could not be moved to the dead-letter queue: {1}",
          message.messageId(),
          e.getMessage());
      metrics.queueErrors.increment();
    }
    return false;
  }

  /** All in one transaction, and if that fails, each by itself, so that one holds up no other. */
  private boolean apply(List<Decoded> decoded, VisibilityKeeper keeper) {
    if (decoded.isEmpty()) {
      return true;
    }
    try {
      applyInOne(decoded, keeper);
      return true;
    } catch (SQLException | RuntimeException e) {
      if (DatabaseErrors.unavailable(e)) {
        database.suspect(e);
        metrics.failedMessages.increment(decoded.size());
        return false;
      }
      if (decoded.size() == 1) {
        Message message = decoded.getFirst().message;
        LOG.log(ERROR, "message " + message.messageId() + " could not be applied; it stays", e);
        metrics.failedMessages.increment();
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

  private void applyInOne(List<Decoded> decoded, VisibilityKeeper keeper) throws SQLException {
    List<Received> events = decoded.stream().flatMap(r -> r.events.stream()).toList();
    Receipt receipt = transactions.run(c -> inbox.receive(c, events, handler));
    metrics.committed(events, receipt);
    tell(events, receipt);
    List<Message> done = decoded.stream().map(Decoded::message).toList();
    keeper.release(done);
    delete(done);
  }

  private void delete(List<Message> messages) {
    metrics.undeleted.increment(queue.delete(messages));
  }

  private static void tell(List<Received> events, Receipt receipt) {
    for (int i = 0; i < events.size(); i++) {
      if (receipt.outcomes().get(i) instanceof Outcome.Rejected(String reason)) {
        Received received = events.get(i);
        LOG.log(
            WARNING,
            "event {0}, number {1} of {2}, was rejected and holds back what follows: {3}",
            received.event().id(),
            received.event().sequence(),
            received.event().aggregate(),
            reason);
      }
    }
  }
}
