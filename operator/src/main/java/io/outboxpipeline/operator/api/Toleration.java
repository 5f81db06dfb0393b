package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A taint that pods bear, as in a Pod's spec.tolerations. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Toleration(
    @JsonPropertyDescription("The taint's key; every key if left out.") @Size(max = 317)
        @Nullable String key,
    @JsonPropertyDescription("Equal: key and value. Exists: the key alone.") @Default("Equal")
        Operator operator,
    @JsonPropertyDescription("The taint's value, with Equal.") @Size(max = 63)
        @Nullable String value,
    @JsonPropertyDescription("The taint's effect; every effect if left out.")
        @Nullable Effect effect,
    @JsonPropertyDescription(
            "With NoExecute: how long a pod stays, in seconds; without it, always.")
        @Nullable Long tolerationSeconds) {

  public Toleration {
    operator = operator == null ? Operator.Equal : operator;
  }

  /** How key and value are compared. */
  public enum Operator {
    Equal,
    Exists
  }

  /** What a taint does. */
  public enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute
  }
}
