package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.Map;

/** A component's service account, which the operator creates. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServiceAccountSpec(
    @JsonPropertyDescription(
            "Its annotations, such as eks.amazonaws.com/role-arn for a role of AWS.")
        @Default("{}")
        @Size(max = 32)
        Map<String, String> annotations) {

  static final ServiceAccountSpec DEFAULT = new ServiceAccountSpec(Map.of());

  public ServiceAccountSpec {
    annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
  }
}
