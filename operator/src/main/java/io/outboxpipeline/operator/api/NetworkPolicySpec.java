package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import java.util.List;

/** Which connections the pods take and open. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NetworkPolicySpec(
    @JsonPropertyDescription(
            "Whether NetworkPolicies let each component only be reached at its own ports, and only"
                + " reach DNS, its database, SQS and (relays) the API server.")
        @Default("true")
        Boolean enabled,
    @JsonPropertyDescription(
            "What else may reach the pods, such as a sidecar's clients: rules as in a"
                + " NetworkPolicy's spec.ingress.")
        @Default("[]")
        @Size(max = 32)
        List<NetworkPolicyIngressRule> extraIngress,
    @JsonPropertyDescription(
            "What else the pods may reach, such as a sidecar's peers: rules as in a NetworkPolicy's"
                + " spec.egress.")
        @Default("[]")
        @Size(max = 32)
        List<NetworkPolicyEgressRule> extraEgress) {

  static final NetworkPolicySpec DEFAULT = new NetworkPolicySpec(true, List.of(), List.of());

  public NetworkPolicySpec {
    enabled = enabled == null ? Boolean.TRUE : enabled;
    extraIngress = extraIngress == null ? List.of() : List.copyOf(extraIngress);
    extraEgress = extraEgress == null ? List.of() : List.copyOf(extraEgress);
  }
}
