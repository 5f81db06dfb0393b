package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How connections to a database are protected. */
@JsonInclude(JsonInclude.Include.NON_NULL)
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
        @Default("Preferred")
        Mode mode,
    @JsonPropertyDescription("Authorities to trust; without it those that the images' Java trusts.")
        @Nullable TrustStore trustStore) {

  static final TlsSpec DEFAULT = new TlsSpec(Mode.Preferred, null);

  public TlsSpec {
    mode = mode == null ? Mode.Preferred : mode;
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
