package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A component that uses the queue. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueBinding(
    @JsonPropertyDescription("relay or consumer.") String component,
    @JsonPropertyDescription("What it does with the queue: Send or Receive.") Access access) {

  /** What a component does with a queue. */
  public enum Access {
    Send,
    Receive
  }
}
