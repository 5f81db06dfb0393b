package io.outboxpipeline.relay.send;

import java.util.List;

/** What became of a request. */
sealed interface SendResult {

  /** SQS answered for each message, in the order of the request. */
  record Answered(List<Entry> entries) implements SendResult {}

  /** Nothing is known of any message: no answer, or an error that is not the messages' fault. */
  record Failed(String reason) implements SendResult {}

  /** SQS refused the request for what is in it. */
  record Refused(String reason) implements SendResult {}

  /** What became of one message. */
  sealed interface Entry {

    /**
     * SQS has it.
     *
     * @param id SQS's own of the message
     */
    record Sent(String id) implements Entry {}

    /** It may go again: not its fault. */
    record Failed(String reason) implements Entry {}

    /** It can never be sent as it is. */
    record Refused(String reason) implements Entry {}
  }
}
