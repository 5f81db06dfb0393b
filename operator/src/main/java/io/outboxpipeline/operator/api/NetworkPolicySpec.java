package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;

/** Which connections the pods take and open. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NetworkPolicySpec(
    @JsonPropertyDescription(
            "Whether NetworkPolicies let each component only be reached at its own port, and only"
                + " reach DNS, its database, SQS and (relays) the API server.")
        @Default("true")
        Boolean enabled) {

  static final NetworkPolicySpec DEFAULT = new NetworkPolicySpec(true);

  public NetworkPolicySpec {
    enabled = enabled == null ? Boolean.TRUE : enabled;
  }
}
