package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One key of a ConfigMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConfigMapKey(
    @JsonPropertyDescription("ConfigMap in the pipeline's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        String configMapName,
    @JsonPropertyDescription("The ConfigMap's key.") @Required @Size(min = 1, max = 253)
        String key) {}
