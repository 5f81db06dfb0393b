package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Authorities as PEM certificates in a Secret or a ConfigMap. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.secretName) != has(self.configMapName)",
    message = "set one of secretName and configMapName")
public record CertificateAuthority(
    @JsonPropertyDescription("Secret in the pipeline's namespace, such as cert-manager's.")
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        @Nullable String secretName,
    @JsonPropertyDescription(
            "ConfigMap in the pipeline's namespace, such as one with the bundle of Amazon RDS.")
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        @Nullable String configMapName,
    @JsonPropertyDescription("The key with the certificates, one or more.")
        @Default("ca.crt")
        @Size(min = 1, max = 253)
        @Pattern("^[-._a-zA-Z0-9]+$")
        String key) {

  public CertificateAuthority {
    key = key == null ? "ca.crt" : key;
  }
}
