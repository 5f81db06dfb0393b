package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One key of a Secret. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecretKey(
    @JsonPropertyDescription("Secret in the pipeline's namespace. When it changes, pods restart.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        String secretName,
    @JsonPropertyDescription("The Secret's key.") @Required @Size(min = 1, max = 253) String key) {}
