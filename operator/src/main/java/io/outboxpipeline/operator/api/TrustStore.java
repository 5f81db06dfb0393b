package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A Java trust store in a Secret. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TrustStore(
    @JsonPropertyDescription("Secret in the pipeline's namespace.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        String secretName,
    @JsonPropertyDescription("The Secret's key with the trust store (PKCS #12 or JKS).")
        @Default("truststore.p12")
        @Size(min = 1, max = 253)
        @Pattern("^[-._a-zA-Z0-9]+$")
        String key,
    @JsonPropertyDescription("The Secret's key with its password.")
        @Default("password")
        @Size(min = 1, max = 253)
        String passwordKey) {

  public TrustStore {
    key = key == null ? "truststore.p12" : key;
    passwordKey = passwordKey == null ? "password" : passwordKey;
  }
}
