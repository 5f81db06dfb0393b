package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.outboxpipeline.operator.api.WorkloadSpec.ImagePullPolicy;
import org.jspecify.annotations.Nullable;

/** The console of this pipeline alone. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "has(self.operatorToken) || has(self.viewerToken)"
            + " || self.pod.env.exists(e, e.name == 'CONSOLE_OIDC_ISSUER' || e.name == 'CONSOLE_REVIEW')",
    message =
        "spec.console needs operatorToken, viewerToken, or in pod.env CONSOLE_OIDC_ISSUER or"
            + " CONSOLE_REVIEW: nobody could sign in")
@ValidationRule(
    value =
        "has(self.cookieSecret) || (has(self.operatorToken) && !self.pod.env.exists(e,"
            + " e.name == 'CONSOLE_OIDC_ISSUER' || e.name == 'CONSOLE_REVIEW'))",
    message =
        "spec.console.cookieSecret is needed unless operators sign in with operatorToken alone:"
            + " somebody who knows all tokens could make a session of anybody")
public record ConsoleSpec(
    @JsonPropertyDescription("Image; without it the one that the operator is set up with.")
        @Size(min = 1, max = 512)
        @Pattern(ObjectNames.IMAGE)
        @Nullable String image,
    @JsonPropertyDescription("When the image is pulled.") @Default("IfNotPresent")
        ImagePullPolicy imagePullPolicy,
    @JsonPropertyDescription("How many pods. All with the same tokens take each other's cookies.")
        @Default("1")
        @Min(0)
        @Max(10)
        Integer replicas,
    @JsonPropertyDescription("CPU and memory of a pod.") @Default("{}") ResourcesSpec resources,
    @JsonPropertyDescription("What else the pods have.") @Default("{}") PodSpec pod,
    @JsonPropertyDescription(
            "The pods' service account. It has no rights, and its token is mounted only for"
                + " CONSOLE_REVIEW in pod.env.")
        @Default("{}")
        ServiceAccountSpec serviceAccount,
    @JsonPropertyDescription("The Service in front of the pods, at port 8080.") @Default("{}")
        ServiceSpec service,
    @JsonPropertyDescription("The token that operators sign in with, at least 16 characters.")
        @Nullable SecretKey operatorToken,
    @JsonPropertyDescription("The token that viewers sign in with, at least 16 characters.")
        @Nullable SecretKey viewerToken,
    @JsonPropertyDescription(
            "What seals the sessions of all pods, at least 32 characters. Needed unless operators"
                + " sign in with operatorToken alone.")
        @Nullable SecretKey cookieSecret,
    @JsonPropertyDescription(
            "The URL that browsers use, where an Ingress or a proxy stands between. With https,"
                + " cookies go over TLS alone.")
        @Size(min = 1, max = 512)
        @Pattern("^https?://[A-Za-z0-9.:\\[\\]-]+(/[A-Za-z0-9._~/-]*)?$")
        @Nullable String publicUrl) {

  public ConsoleSpec {
    imagePullPolicy = imagePullPolicy == null ? ImagePullPolicy.IfNotPresent : imagePullPolicy;
    replicas = replicas == null ? 1 : replicas;
    resources = resources == null ? ResourcesSpec.DEFAULT : resources;
    pod = pod == null ? PodSpec.DEFAULT : pod;
    serviceAccount = serviceAccount == null ? ServiceAccountSpec.DEFAULT : serviceAccount;
    service = service == null ? ServiceSpec.DEFAULT : service;
  }
}
