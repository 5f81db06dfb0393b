package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A Secret with a user and a password. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DatabaseCredentials(
    @JsonPropertyDescription("Secret in the pipeline's namespace. When it changes, pods restart.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(ObjectNames.SUBDOMAIN)
        String secretName,
    @JsonPropertyDescription("The Secret's key with the user's name.")
        @Default("username")
        @Size(min = 1, max = 253)
        String usernameKey,
    @JsonPropertyDescription("The Secret's key with the password.")
        @Default("password")
        @Size(min = 1, max = 253)
        String passwordKey) {

  public DatabaseCredentials {
    usernameKey = usernameKey == null ? "username" : usernameKey;
    passwordKey = passwordKey == null ? "password" : passwordKey;
  }
}
