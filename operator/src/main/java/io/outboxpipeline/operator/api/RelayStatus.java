package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The relays, and what they own. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RelayStatus(
    @JsonPropertyDescription("How many pods there are.") Integer replicas,
    @JsonPropertyDescription("How many of them are ready.") Integer readyReplicas,
    @JsonPropertyDescription("Their image.") String image,
    @JsonPropertyDescription("Selects the pods, for the scale subresource.") String selector,
    @JsonPropertyDescription(
            "Who owns how much; without it where the operator can't see it (lease store Database).")
        @Nullable PartitionsStatus partitions,
    @JsonPropertyDescription("What waits to be sent, as the relays said last.")
        @Nullable BacklogStatus backlog) {}
