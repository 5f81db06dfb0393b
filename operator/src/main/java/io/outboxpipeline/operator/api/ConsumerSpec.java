package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The example's receiving service. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ConsumerSpec(
    @JsonPropertyDescription("Image; without it the one that the operator is set up with.")
        @Size(min = 1, max = 512)
        @Pattern(ObjectNames.IMAGE)
        @Nullable String image,
    @JsonPropertyDescription("When the image is pulled.") @Default("IfNotPresent")
        ImagePullPolicy imagePullPolicy,
    @JsonPropertyDescription(
            "How many pods. Left out, the number is others', such as a HorizontalPodAutoscaler's of"
                + " the Deployment; it begins with 2, and what it was stays until somebody else sets"
                + " it.")
        @Min(0)
        @Max(1000)
        @Nullable Integer replicas,
    @JsonPropertyDescription(
            "The database that the consumer applies events to; another one than spec.database.")
        @Required
        DatabaseSpec database,
    @JsonPropertyDescription("CPU and memory of a pod.") @Default("{}") ResourcesSpec resources,
    @JsonPropertyDescription("What else the pods have.") @Default("{}") PodSpec pod,
    @JsonPropertyDescription("The pods' service account.") @Default("{}")
        ServiceAccountSpec serviceAccount,
    @JsonPropertyDescription("The Service in front of the pods.") @Default("{}")
        ServiceSpec service,
    @JsonPropertyDescription("How long stopping may take: 5s to 1h.")
        @Default("25s")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('5s') && duration(self) <= duration('1h')",
            message = "spec.consumer.shutdownGrace must be from 5s to 1h")
        String shutdownGrace,
    @JsonPropertyDescription("Whether it brings its tables up to date on start.") @Default("true")
        Boolean migrate,
    @JsonPropertyDescription("How many loops a pod receives with.") @Default("8") @Min(1) @Max(64)
        Integer loops,
    @JsonPropertyDescription(
            "Where an aggregate begins that the consumer does not know. AtOne: with its first"
                + " event. AtFirstSeen: with whichever comes first, for a consumer that joins an"
                + " old pipeline; right on FIFO queues.")
        @Default("AtOne")
        Start start,
    @JsonPropertyDescription(
            "The token for /admin/parked and /admin/rejected, at least 16 characters; without it"
                + " /admin is off.")
        @Nullable SecretKey adminToken)
    implements WorkloadSpec {

  public ConsumerSpec {
    imagePullPolicy = imagePullPolicy == null ? ImagePullPolicy.IfNotPresent : imagePullPolicy;
    resources = resources == null ? ResourcesSpec.DEFAULT : resources;
    pod = pod == null ? PodSpec.DEFAULT : pod;
    serviceAccount = serviceAccount == null ? ServiceAccountSpec.DEFAULT : serviceAccount;
    service = service == null ? ServiceSpec.DEFAULT : service;
    shutdownGrace = shutdownGrace == null ? "25s" : shutdownGrace;
    migrate = migrate == null ? Boolean.TRUE : migrate;
    loops = loops == null ? 8 : loops;
    start = start == null ? Start.AtOne : start;
  }

  /** Where an unknown aggregate begins. */
  public enum Start {
    AtOne,
    AtFirstSeen
  }
}
