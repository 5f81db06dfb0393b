package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was found. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record OutboxPipelineStatus(
    @JsonPropertyDescription(
            "The generation of the spec that this status is about; -1 until there is one.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Ready, Reconciling, Stalled, Paused, QueueReady, DatabaseReady, DatabaseClaimed,"
                + " PartitionsOwned, and Available for each component. Ready is left out while the"
                + " pipeline is stopped on purpose.")
        List<Condition> conditions,
    @JsonPropertyDescription("The queue as it was found last.") @Nullable QueueStatus queue,
    @JsonPropertyDescription("The base's pods.") @Nullable WorkloadStatus base,
    @JsonPropertyDescription("The relays, and what they own.") @Nullable RelayStatus relay,
    @JsonPropertyDescription("The consumer's pods.") @Nullable WorkloadStatus consumer) {

  /** Before the first reconcile. */
  public static final OutboxPipelineStatus EMPTY =
      new OutboxPipelineStatus(null, List.of(), null, null, null, null);

  public OutboxPipelineStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** The condition of this type. */
  public Optional<Condition> condition(String type) {
    return conditions.stream().filter(c -> type.equals(c.getType())).findFirst();
  }
}
