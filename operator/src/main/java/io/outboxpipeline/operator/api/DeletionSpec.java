package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;

/** What happens when the pipeline is deleted: the base stops, relays drain, the rest goes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeletionSpec(
    @JsonPropertyDescription(
            "How long relays may go on sending what is committed after the base has stopped: 0s to"
                + " 24h. What is left then stays in the database.")
        @Default("2m")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) <= duration('24h')",
            message = "spec.deletion.drainTimeout must be at most 24h")
        String drainTimeout,
    @JsonPropertyDescription(
            "How long deletionPolicy Delete tries to delete the queues when SQS does not answer or"
                + " refuses: 0s to 24h. After that the pipeline goes and the queues stay.")
        @Default("5m")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) <= duration('24h')",
            message = "spec.deletion.queueTimeout must be at most 24h")
        String queueTimeout) {

  static final DeletionSpec DEFAULT = new DeletionSpec("2m", "5m");

  public DeletionSpec {
    drainTimeout = drainTimeout == null ? "2m" : drainTimeout;
    queueTimeout = queueTimeout == null ? "5m" : queueTimeout;
  }

  /** How long relays may go on. */
  public Duration drain() {
    return Durations.parse(drainTimeout);
  }

  /** How long deleting the queues is tried. */
  public Duration queue() {
    return Durations.parse(queueTimeout);
  }
}
