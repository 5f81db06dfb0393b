package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What waits to be sent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BacklogStatus(
    @JsonPropertyDescription(
            "How many events wait in the outbox; rounded down to two digits from 100 on.")
        Long events,
    @JsonPropertyDescription("Roughly how old the oldest of them is, such as 0s, 10s, 5m.")
        String oldestAge) {}
