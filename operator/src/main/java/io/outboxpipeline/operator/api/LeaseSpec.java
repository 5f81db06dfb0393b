package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** How relays agree on who owns what. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "duration(self.renewDeadline) < duration(self.leaseDuration)",
    message =
        "spec.relay.lease.renewDeadline must be shorter than leaseDuration: a relay must stop before"
            + " others may take over")
@ValidationRule(
    value = "duration(self.retryPeriod) < duration(self.renewDeadline)",
    message =
        "spec.relay.lease.retryPeriod must be shorter than renewDeadline: else one failed renewal"
            + " stops a relay")
@ValidationRule(
    value = "self.store == oldSelf.store",
    message =
        "spec.relay.lease.store can't be changed: relays of both stores would each own everything."
            + " Delete the pipeline with queue.deletionPolicy Retain, and create it anew with"
            + " queue.adopt")
public record LeaseSpec(
    @JsonPropertyDescription(
            "Kubernetes: Lease objects beside the pipeline. Database: tables in spec.database, with"
                + " which relays go on while the API server is away.")
        @Default("Kubernetes")
        Store store,
    @JsonPropertyDescription(
            "A relay that gave no sign of life for so long is dead, and its partitions go to"
                + " others: 1s to 10m.")
        @Default("15s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('10m')",
            message = "spec.relay.lease.leaseDuration must be from 1s to 10m")
        String leaseDuration,
    @JsonPropertyDescription("A relay that could not renew for so long stops sending.")
        @Default("10s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        String renewDeadline,
    @JsonPropertyDescription("Between two renewals: at least 100ms.")
        @Default("2s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('100ms')",
            message = "spec.relay.lease.retryPeriod must be at least 100ms")
        String retryPeriod) {

  static final LeaseSpec DEFAULT = new LeaseSpec(Store.Kubernetes, "15s", "10s", "2s");

  public LeaseSpec {
    store = store == null ? Store.Kubernetes : store;
    leaseDuration = leaseDuration == null ? "15s" : leaseDuration;
    renewDeadline = renewDeadline == null ? "10s" : renewDeadline;
    retryPeriod = retryPeriod == null ? "2s" : retryPeriod;
  }

  /** Where leases are kept. */
  public enum Store {
    Kubernetes,
    Database
  }
}
