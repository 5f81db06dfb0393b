package io.outboxpipeline.relay.send;

import io.outboxpipeline.relay.backlog.Message;

/** What counts requests and messages. Thread-safe. */
public interface SendMeter {

  /** A request was answered, or not, after so many nanoseconds. */
  void request(long nanos);

  /** SQS has a message. */
  void sent(Message message);

  /** A message is to be sent again. */
  void retried();
}
