package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.Map;

/** The Service in front of a component. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServiceSpec(
    @JsonPropertyDescription("The Service's type.") @Default("ClusterIP") Type type,
    @JsonPropertyDescription("The Service's annotations.") @Default("{}") @Size(max = 32)
        Map<String, String> annotations) {

  static final ServiceSpec DEFAULT = new ServiceSpec(Type.ClusterIP, Map.of());

  public ServiceSpec {
    type = type == null ? Type.ClusterIP : type;
    annotations = annotations == null ? Map.of() : Map.copyOf(annotations);
  }

  /** As in a Service's spec.type. */
  public enum Type {
    ClusterIP,
    NodePort,
    LoadBalancer
  }
}
