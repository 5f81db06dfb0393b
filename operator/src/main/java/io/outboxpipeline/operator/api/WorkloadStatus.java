package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A component's pods. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkloadStatus(
    @JsonPropertyDescription("How many pods there are.") Integer replicas,
    @JsonPropertyDescription("How many of them are ready.") Integer readyReplicas,
    @JsonPropertyDescription("Their image.") String image) {}
