package io.outboxpipeline.console.access;

import io.outboxpipeline.console.access.User.Role;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.Settings;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who may come in, and under which names the console is reached.
 *
 * @param tokens what people sign in with
 * @param linkKey what opens the console as a part of its URL; only where there are no tokens
 * @param oidc a provider of identities that people sign in with
 * @param hosts names, beside {@code localhost} and IP addresses, that requests may be sent to
 * @param cookieSecret seals sessions; without it the tokens do
 * @param review the audience of tokens of the cluster that people sign in with; empty if none may
 * @param publicUrl how browsers reach it, if a proxy stands between; its path begins all paths
 */
public record AccessSettings(
    List<Token> tokens,
    Optional<Secret> linkKey,
    Optional<Secret> cookieSecret,
    Optional<String> review,
    Optional<OidcSettings> oidc,
    Set<String> hosts,
    Optional<URI> publicUrl) {
  private static final int SHORTEST = 16;
  private static final int SHORTEST_KEY = 32;

  /** A token and what it is good for. */
  public record Token(String name, Role role, Secret secret) {}

  public AccessSettings {
    tokens = List.copyOf(tokens);
    var names = new TreeSet<>(hosts);
    publicUrl.ifPresent(url -> names.add(url.getHost().toLowerCase(Locale.ROOT)));
    hosts = Set.copyOf(names);
  }

  /** Where people sign in with the console's own tokens alone, or by a link. */
  public AccessSettings(
      List<Token> tokens, Optional<Secret> linkKey, Set<String> hosts, Optional<URI> publicUrl) {
    this(tokens, linkKey, Optional.empty(), Optional.empty(), Optional.empty(), hosts, publicUrl);
  }

  /** On one machine, without sign-in: the key is a part of the URL that is printed. */
  public static AccessSettings link(Secret key) {
    return new AccessSettings(List.of(), Optional.of(key), Set.of(), Optional.empty());
  }

  /** The settings {@code console.*-token}, {@code console.hosts} and {@code console.public-url}. */
  public static AccessSettings read(Settings s) {
    List<Token> tokens = new ArrayList<>();
    for (Role role : Role.values()) {
      String key = "console." + role.name().toLowerCase(Locale.ROOT) + "-token";
      String variable = "CONSOLE_" + role.name() + "_TOKEN";
      s.optionalSecret(key, variable)
          .ifPresent(
              secret -> {
                if (secret.value().length() < SHORTEST) {
                  s.problem(key, variable, "must have at least " + SHORTEST + " characters");
                }
                tokens.add(new Token(role.name().toLowerCase(Locale.ROOT), role, secret));
              });
    }
    Optional<URI> publicUrl = s.optionalUri("console.public-url", "CONSOLE_PUBLIC_URL");
    var hosts = new TreeSet<String>();
    for (String host : s.text("console.hosts", "CONSOLE_HOSTS", "").split(",")) {
      if (!host.isBlank()) {
        hosts.add(host.strip().toLowerCase(Locale.ROOT));
      }
    }
    Optional<Secret> cookies = s.optionalSecret("console.cookie-secret", "CONSOLE_COOKIE_SECRET");
    if (cookies.isPresent() && cookies.get().value().length() < SHORTEST_KEY) {
      s.problem(
          "console.cookie-secret",
          "CONSOLE_COOKIE_SECRET",
          "must have at least " + SHORTEST_KEY + " characters");
    }
    var settings =
        new AccessSettings(
            tokens, Optional.empty(), cookies, review(s), OidcSettings.read(s), hosts, publicUrl);
    settings.check(s);
    return settings;
  }

  private static Optional<String> review(Settings s) {
    String audience =
        s.text("console.review-audience", "CONSOLE_REVIEW_AUDIENCE", "outboxpipeline-console");
    return s.flag("console.review", "CONSOLE_REVIEW", false)
        ? Optional.of(audience)
        : Optional.empty();
  }

  /** What only all together can be wrong with. */
  private void check(Settings s) {
    if (tokens.isEmpty() && review.isEmpty() && oidc.isEmpty()) {
      s.problem(
          "console.operator-token",
          "CONSOLE_OPERATOR_TOKEN",
          "is not set, nor is another way to sign in: console.viewer-token, console.oidc-issuer,"
              + " console.review");
    }
    boolean known = tokens.stream().anyMatch(t -> t.role() == Role.OPERATOR);
    if (cookieSecret.isEmpty() && !(known && review.isEmpty() && oidc.isEmpty())) {
      s.problem(
          "console.cookie-secret",
          "CONSOLE_COOKIE_SECRET",
          "must be set unless operators sign in with their token alone: somebody who knows all"
              + " tokens could make a session of anybody");
    }
    if (oidc.isPresent() && publicUrl.isEmpty()) {
      s.problem(
          "console.public-url",
          "CONSOLE_PUBLIC_URL",
          "must be set with console.oidc-issuer, because a request's Host is not to be trusted");
    }
  }

  /** What all paths begin with: empty, or {@code /…} without a slash at its end. */
  public String prefix() {
    String path = publicUrl.map(URI::getRawPath).orElse("");
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return path;
  }

  /** Whether cookies go over TLS alone. */
  boolean secure() {
    return publicUrl.map(url -> "https".equals(url.getScheme())).orElse(false);
  }
}
