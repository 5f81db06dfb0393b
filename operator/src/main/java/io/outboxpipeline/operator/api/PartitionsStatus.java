package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** Who owns how much. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PartitionsStatus(
    @JsonPropertyDescription("How many partitions there are now.") Integer total,
    @JsonPropertyDescription("How many a live relay owns.") Integer owned,
    @JsonPropertyDescription("How many of these are on their way to another relay.") Integer moving,
    @JsonPropertyDescription("How many nobody owns: their events wait.") Integer unowned,
    @JsonPropertyDescription("Owned of total, for kubectl get: 64/64.") String summary) {}
