package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The dead-letter queue, named after the queue: orders.fifo has orders-dlq.fifo. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeadLetterSpec(
    @JsonPropertyDescription(
            "After how many receives without success SQS moves a message to the dead-letter queue.")
        @Default("5")
        @Min(1)
        @Max(1000)
        Integer maxReceiveCount,
    @JsonPropertyDescription(
            "How long the dead-letter queue keeps a message, counted from when it was first sent:"
                + " 60s to 336h (14 days).")
        @Default("336h")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('60s') && duration(self) <= duration('336h')",
            message = "spec.queue.deadLetter.messageRetention must be from 60s to 336h")
        String messageRetention,
    @JsonPropertyDescription(
            "Whether only the pipeline's own queue may name it as its dead-letter queue (SQS's redrive"
                + " allow policy).")
        @Default("false")
        Boolean onlyThisQueue) {

  static final DeadLetterSpec DEFAULT = new DeadLetterSpec(5, "336h", false);

  public DeadLetterSpec {
    maxReceiveCount = maxReceiveCount == null ? 5 : maxReceiveCount;
    onlyThisQueue = onlyThisQueue == null ? Boolean.FALSE : onlyThisQueue;
    messageRetention = messageRetention == null ? "336h" : messageRetention;
  }
}
