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

/** The example's writing service. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BaseSpec(
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
            message = "spec.base.shutdownGrace must be from 5s to 1h")
        String shutdownGrace,
    @JsonPropertyDescription("Whether it brings its tables and the outbox's up to date on start.")
        @Default("true")
        Boolean migrate,
    @JsonPropertyDescription(
            "How long a request with an Idempotency-Key is remembered, at least: 1m to 8760h.")
        @Default("24h")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1m') && duration(self) <= duration('8760h')",
            message = "spec.base.idempotencyRetention must be from 1m to 8760h")
        String idempotencyRetention)
    implements WorkloadSpec {

  public BaseSpec {
    imagePullPolicy = imagePullPolicy == null ? ImagePullPolicy.IfNotPresent : imagePullPolicy;
    resources = resources == null ? ResourcesSpec.DEFAULT : resources;
    pod = pod == null ? PodSpec.DEFAULT : pod;
    serviceAccount = serviceAccount == null ? ServiceAccountSpec.DEFAULT : serviceAccount;
    service = service == null ? ServiceSpec.DEFAULT : service;
    shutdownGrace = shutdownGrace == null ? "25s" : shutdownGrace;
    migrate = migrate == null ? Boolean.TRUE : migrate;
    idempotencyRetention = idempotencyRetention == null ? "24h" : idempotencyRetention;
  }
}
