package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Encryption at rest. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "(self.type == 'KMS') == has(self.kmsKeyId)",
    message =
        "spec.queue.encryption.kmsKeyId goes together with type KMS: set both, or neither of them")
@ValidationRule(
    value = "self.type == 'KMS' || !has(self.dataKeyReusePeriod)",
    message = "spec.queue.encryption.dataKeyReusePeriod goes together with type KMS")
public record EncryptionSpec(
    @JsonPropertyDescription(
            "SQS: by SQS's own key. KMS: by the key of kmsKeyId. None: not encrypted.")
        @Default("SQS")
        Type type,
    @JsonPropertyDescription("Id, alias or ARN of the KMS key.") @Size(min = 1, max = 2048)
        @Nullable String kmsKeyId,
    @JsonPropertyDescription(
            "With KMS: how long SQS uses a data key before it asks KMS for another, 1m to 24h. Longer"
                + " costs less.")
        @Size(min = 2, max = 12)
        @Pattern(Durations.PATTERN)
        @ValidationRule(
            value = "duration(self) >= duration('1m') && duration(self) <= duration('24h')",
            message = "spec.queue.encryption.dataKeyReusePeriod must be from 1m to 24h")
        @Nullable String dataKeyReusePeriod) {

  static final EncryptionSpec DEFAULT = new EncryptionSpec(Type.SQS, null, null);

  public EncryptionSpec {
    type = type == null ? Type.SQS : type;
  }

  /** Whose key. */
  public enum Type {
    SQS,
    KMS,
    None
  }
}
