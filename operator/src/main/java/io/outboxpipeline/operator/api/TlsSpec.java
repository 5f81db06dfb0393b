package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How connections to a database are protected. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.certificateAuthority) || self.mode in ['VerifyCa', 'VerifyIdentity']",
    message =
        "certificateAuthority is only looked at when mode is VerifyCa or VerifyIdentity: set one of"
            + " these, or leave certificateAuthority out")
@ValidationRule(
    value = "!has(self.certificateAuthority) || !has(self.trustStore)",
    message = "set one of certificateAuthority and trustStore")
@ValidationRule(
    value = "!has(self.trustStore) || self.mode in ['VerifyCa', 'VerifyIdentity']",
    message =
        "trustStore is only looked at when mode is VerifyCa or VerifyIdentity: set one of these, or"
            + " leave trustStore out")
public record TlsSpec(
    @JsonPropertyDescription(
            "Disabled: no TLS. Preferred: TLS if the server has it. Required: TLS or no connection."
                + " VerifyCa: also a certificate of a trusted authority. VerifyIdentity: also one"
                + " that names the host.")
        @Default("Required")
        Mode mode,
    @JsonPropertyDescription(
            "Authorities to trust for the database, as PEM; without it those that the images' Java"
                + " trusts. Nothing else trusts them.")
        @Nullable CertificateAuthority certificateAuthority,
    @JsonPropertyDescription("The same as a Java trust store.") @Nullable TrustStore trustStore) {

  static final TlsSpec DEFAULT = new TlsSpec(Mode.Required, null, null);

  public TlsSpec {
    mode = mode == null ? Mode.Required : mode;
  }

  /** Connector/J's modes. */
  public enum Mode {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity
  }
}
