package io.outboxpipeline.operator.model;

import io.outboxpipeline.operator.api.QueueStatus;
import java.util.Optional;

/** A queue that exists, and the dead-letter queue that belongs to it. */
public record BoundQueue(
    String name,
    String url,
    Optional<String> arn,
    Optional<String> deadLetterUrl,
    Optional<String> deadLetterArn) {

  /** What the status remembers: good enough to go on while SQS does not answer. */
  public static Optional<BoundQueue> remembered(Optional<QueueStatus> status) {
    return status.map(
        s ->
            new BoundQueue(
                s.name(),
                s.url(),
                Optional.ofNullable(s.arn()),
                Optional.ofNullable(s.deadLetterUrl()),
                Optional.ofNullable(s.deadLetterArn())));
  }
}
