package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/** CPU, memory and storage of a pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResourcesSpec(
    @JsonPropertyDescription("What the scheduler keeps free for it.")
        @Default("{\"cpu\":\"100m\",\"ephemeral-storage\":\"128Mi\",\"memory\":\"256Mi\"}")
        @Size(max = 16)
        Map<String, Quantity> requests,
    @JsonPropertyDescription("What it may not exceed.")
        @Default("{\"ephemeral-storage\":\"1Gi\",\"memory\":\"512Mi\"}")
        @Size(max = 16)
        Map<String, Quantity> limits) {

  static final ResourcesSpec DEFAULT =
      new ResourcesSpec(
          Map.of(
              "cpu",
              new Quantity("100m"),
              "ephemeral-storage",
              new Quantity("128Mi"),
              "memory",
              new Quantity("256Mi")),
          Map.of("ephemeral-storage", new Quantity("1Gi"), "memory", new Quantity("512Mi")));

  public ResourcesSpec {
    requests = requests == null ? DEFAULT.requests : Map.copyOf(requests);
    limits = limits == null ? DEFAULT.limits : Map.copyOf(limits);
  }
}
