package io.outboxpipeline.operator.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A MySQL or MariaDB database. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DatabaseSpec(
    @JsonPropertyDescription("Host name or address, as the pods reach it.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern("^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$")
        String host,
    @JsonPropertyDescription("TCP port.") @Default("3306") @Min(1) @Max(65535) Integer port,
    @JsonPropertyDescription("Name of the database (schema) on that server.")
        @Required
        @Size(min = 1, max = 64)
        @Pattern("^[A-Za-z0-9_$-]+$")
        String name,
    @JsonPropertyDescription("As whom to log in.") @Required DatabaseCredentials credentials,
    @JsonPropertyDescription("How the connections are protected.") @Default("{}") TlsSpec tls,
    @JsonPropertyDescription(
            "A user who may change tables. With it an init container brings them up to date, and"
                + " the service does not, whose own user needs no right to.")
        @Nullable DatabaseCredentials migrator) {

  public DatabaseSpec {
    port = port == null ? 3306 : port;
    tls = tls == null ? TlsSpec.DEFAULT : tls;
  }
}
