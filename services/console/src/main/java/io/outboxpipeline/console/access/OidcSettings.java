package io.outboxpipeline.console.access;

import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.Settings;
import java.net.URI;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A provider of identities that people sign in with, by OpenID Connect.
 *
 * @param clientSecret none for a public client, which PKCE protects alone
 * @param nameClaim whose value goes into the record of decisions
 * @param roleClaim whose values say the role
 * @param operators values of operators
 * @param viewers values of viewers; empty for whoever the provider lets in
 */
public record OidcSettings(
    URI issuer,
    String clientId,
    Optional<Secret> clientSecret,
    Set<String> scopes,
    String nameClaim,
    String roleClaim,
    Set<String> operators,
    Set<String> viewers) {

  public OidcSettings {
    scopes = Set.copyOf(scopes);
    operators = Set.copyOf(operators);
    viewers = Set.copyOf(viewers);
  }

  /** The settings {@code console.oidc-*}; empty without an issuer. */
  static Optional<OidcSettings> read(Settings s) {
    Optional<URI> issuer = s.optionalUri("console.oidc-issuer", "CONSOLE_OIDC_ISSUER");
    Optional<Secret> secret =
        s.optionalSecret("console.oidc-client-secret", "CONSOLE_OIDC_CLIENT_SECRET");
    String id = s.text("console.oidc-client-id", "CONSOLE_OIDC_CLIENT_ID", "");
    String scopes = s.text("console.oidc-scopes", "CONSOLE_OIDC_SCOPES", "openid,profile");
    String name =
        s.text("console.oidc-name-claim", "CONSOLE_OIDC_NAME_CLAIM", "preferred_username");
    String role = s.text("console.oidc-role-claim", "CONSOLE_OIDC_ROLE_CLAIM", "groups");
    String operators = s.text("console.oidc-operators", "CONSOLE_OIDC_OPERATORS", "");
    String viewers = s.text("console.oidc-viewers", "CONSOLE_OIDC_VIEWERS", "");
    if (issuer.isEmpty()) {
      return Optional.empty();
    }
    if (id.isEmpty()) {
      s.problem("console.oidc-client-id", "CONSOLE_OIDC_CLIENT_ID", "must be set with an issuer");
    }
    if (operators.isEmpty()) {
      s.problem(
          "console.oidc-operators",
          "CONSOLE_OIDC_OPERATORS",
          "must name the values of the role claim that operators have");
    }
    return Optional.of(
        new OidcSettings(
            issuer.get(), id, secret, all(scopes), name, role, all(operators), all(viewers)));
  }

  private static Set<String> all(String text) {
    return Arrays.stream(text.split(","))
        .map(String::strip)
        .filter(t -> !t.isEmpty())
        .collect(Collectors.toSet());
  }
}
