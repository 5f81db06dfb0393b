package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The queue as it was found last. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QueueStatus(
    @JsonPropertyDescription("Its name.") String name,
    @JsonPropertyDescription("Its URL, as relay and consumer have it.") String url,
    @JsonPropertyDescription("Its ARN.") @Nullable String arn,
    @JsonPropertyDescription("The dead-letter queue's URL.") @Nullable String deadLetterUrl,
    @JsonPropertyDescription("The dead-letter queue's ARN.") @Nullable String deadLetterArn,
    @JsonPropertyDescription("Who was given the queue, and for what.")
        List<QueueBinding> bindings) {

  public QueueStatus {
    bindings = bindings == null ? List.of() : List.copyOf(bindings);
  }
}
