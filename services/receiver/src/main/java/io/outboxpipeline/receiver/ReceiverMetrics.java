package io.outboxpipeline.receiver;

import io.outboxpipeline.outbox.Event;

/** What a receiver counts, told as it happens. Called by several threads at once. */
public interface ReceiverMetrics {
  /** Counts nothing. */
  ReceiverMetrics NONE =
      new ReceiverMetrics() {
        @Override
        public void count(Count what, int by) {
          // Nobody looks.
        }

        @Override
        public void applied(Event event) {
          // Nobody looks.
        }
      };

  /** What is counted beside applied events. */
  enum Count {
    TOMBSTONES("Tombstones passed"),
    DUPLICATES("Events dropped, for they were applied before"),
    PARKED("Events kept, for an earlier one had not arrived"),
    REJECTED("Events that the handler rejected when they arrived"),
    CONFLICTS("Events held, for another event has their number, when they arrived"),
    RECEIVE_BATCHES("Batches of messages that were worked on"),
    MESSAGES("Messages received"),
    FAILED_MESSAGES("Messages left to be delivered again"),
    DEAD_LETTERED("Unreadable events and messages put into the dead-letter queue"),
    UNREADABLE_KEPT("Messages left with what is unreadable, for there is no dead-letter queue"),
    TRANSACTION_RETRIES("Transactions run again after a deadlock or lock wait"),
    UNDELETED_MESSAGES("Messages done with that could not be deleted"),
    QUEUE_ERRORS("Requests to the queue that failed");

    private final String description;

    Count(String description) {
      this.description = description;
    }

    /** One line for a person. */
    public String description() {
      return description;
    }
  }

  /**
   * So many more of them; only what is committed counts.
   *
   * @param by 0 or more
   */
  void count(Count what, int by);

  /** The handler ran for this event, and that is committed. */
  void applied(Event event);
}
