package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The relays. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.replicas <= self.partitions",
    message =
        "spec.relay.replicas must not exceed spec.relay.partitions: a relay without a partition has"
            + " nothing to do. Raise partitions first")
@ValidationRule(
    value =
        "duration(self.drainTimeout) + duration(self.drainTimeout) <= duration(self.shutdownGrace)",
    message =
        "spec.relay.shutdownGrace must be at least twice spec.relay.drainTimeout: else a relay is"
            + " killed before it has handed its partitions over")
public record RelaySpec(
    @JsonPropertyDescription("Image; without it the one that the operator is set up with.")
        @Size(min = 1, max = 512)
        @Pattern(ObjectNames.IMAGE)
        @Nullable String image,
    @JsonPropertyDescription("When the image is pulled.") @Default("IfNotPresent")
        ImagePullPolicy imagePullPolicy,
    @JsonPropertyDescription(
            "How many relays, which share the partitions; kubectl scale sets it. Two survive the"
                + " loss of one.")
        @Default("2")
        @Min(0)
        @Max(256)
        Integer replicas,
    @JsonPropertyDescription(
            "Into how many partitions the outbox is divided; each is read by one relay. May be"
                + " changed while events flow.")
        @Default("64")
        @Min(1)
        @Max(256)
        Integer partitions,
    @JsonPropertyDescription("How relays agree on who owns what.") @Default("{}") LeaseSpec lease,
    @JsonPropertyDescription("CPU and memory of a pod.") @Default("{}") ResourcesSpec resources,
    @JsonPropertyDescription("What else the pods have.") @Default("{}") PodSpec pod,
    @JsonPropertyDescription("The pods' service account.") @Default("{}")
        ServiceAccountSpec serviceAccount,
    @JsonPropertyDescription(
            "How long stopping may take, half of it for handing partitions over: 5s to 1h.")
        @Default("25s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('5s') && duration(self) <= duration('1h')",
            message = "spec.relay.shutdownGrace must be from 5s to 1h")
        String shutdownGrace,
    @JsonPropertyDescription(
            "How long a partition that moves to another relay waits for what is on its way to SQS:"
                + " 0s to 1m.")
        @Default("5s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) <= duration('1m')",
            message = "spec.relay.drainTimeout must be at most 1m")
        String drainTimeout,
    @JsonPropertyDescription("How many requests to SQS a relay has open at once.")
        @Default("16")
        @Min(1)
        @Max(256)
        Integer concurrency,
    @JsonPropertyDescription(
            "How many events of one aggregate may travel in one message; 1 for consumers that know"
                + " no batches.")
        @Default("100")
        @Min(1)
        @Max(1000)
        Integer packEvents,
    @JsonPropertyDescription(
            "The longest that a transaction takes which writes events: 1s to 1h. A longer one may"
                + " have its events sent out of order.")
        @Default("1m")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1s') && duration(self) <= duration('1h')",
            message = "spec.relay.maxTransaction must be from 1s to 1h")
        String maxTransaction,
    @JsonPropertyDescription(
            "What the events say they come from, a URI reference; without it the name that the"
                + " database was given by its first migration.")
        @Size(min = 1, max = 255)
        @Pattern("^[^\\s]+$")
        @Nullable String source,
    @JsonPropertyDescription(
            "The token for /admin/quarantine, at least 16 characters; without it /admin is off.")
        @Nullable SecretKey adminToken)
    implements WorkloadSpec {

  static final RelaySpec DEFAULT =
      new RelaySpec(
          null,
          ImagePullPolicy.IfNotPresent,
          2,
          64,
          LeaseSpec.DEFAULT,
          ResourcesSpec.DEFAULT,
          PodSpec.DEFAULT,
          ServiceAccountSpec.DEFAULT,
          "25s",
          "5s",
          16,
          100,
          "1m",
          null,
          null);

  public RelaySpec {
    imagePullPolicy = imagePullPolicy == null ? ImagePullPolicy.IfNotPresent : imagePullPolicy;
    replicas = replicas == null ? 2 : replicas;
    partitions = partitions == null ? 64 : partitions;
    lease = lease == null ? LeaseSpec.DEFAULT : lease;
    resources = resources == null ? ResourcesSpec.DEFAULT : resources;
    pod = pod == null ? PodSpec.DEFAULT : pod;
    serviceAccount = serviceAccount == null ? ServiceAccountSpec.DEFAULT : serviceAccount;
    shutdownGrace = shutdownGrace == null ? "25s" : shutdownGrace;
    drainTimeout = drainTimeout == null ? "5s" : drainTimeout;
    concurrency = concurrency == null ? 16 : concurrency;
    packEvents = packEvents == null ? 100 : packEvents;
    maxTransaction = maxTransaction == null ? "1m" : maxTransaction;
  }
}
