package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One environment variable: a value, or one key of a Secret or of a ConfigMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "[has(self.value), has(self.secret), has(self.configMap)].filter(x, x).size() == 1",
    message = "an environment variable needs exactly one of value, secret and configMap")
public record EnvVar(
    @JsonPropertyDescription("The variable's name.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern("^[A-Za-z_][A-Za-z0-9_]*$")
        String name,
    @JsonPropertyDescription("Its value.") @Size(max = 32768) @Nullable String value,
    @JsonPropertyDescription("The Secret's key that has its value.") @Nullable SecretKey secret,
    @JsonPropertyDescription("The ConfigMap's key that has its value.")
        @Nullable ConfigMapKey configMap) {}
