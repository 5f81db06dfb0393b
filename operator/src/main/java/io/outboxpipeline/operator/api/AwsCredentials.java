package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A Secret with access keys of AWS. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AwsCredentials(
    @JsonPropertyDescription("Secret in the pipeline's namespace. When it changes, pods restart.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        String secretName,
    @JsonPropertyDescription("The Secret's key with the access key's id.")
        @Default("accessKeyId")
        @Size(min = 1, max = 253)
        String accessKeyIdKey,
    @JsonPropertyDescription("The Secret's key with the secret access key.")
        @Default("secretAccessKey")
        @Size(min = 1, max = 253)
        String secretAccessKeyKey,
    @JsonPropertyDescription("The Secret's key with a session token, for temporary access keys.")
        @Size(min = 1, max = 253)
        @Nullable String sessionTokenKey) {

  public AwsCredentials {
    accessKeyIdKey = accessKeyIdKey == null ? "accessKeyId" : accessKeyIdKey;
    secretAccessKeyKey = secretAccessKeyKey == null ? "secretAccessKey" : secretAccessKeyKey;
  }
}
