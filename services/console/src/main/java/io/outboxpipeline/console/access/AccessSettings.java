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
 * @param hosts names, beside {@code localhost} and IP addresses, that requests may be sent to
 * @param publicUrl how browsers reach it, if a proxy stands between; its path begins all paths
 */
public record AccessSettings(
    List<Token> tokens, Optional<Secret> linkKey, Set<String> hosts, Optional<URI> publicUrl) {
  private static final int SHORTEST = 16;

  /** A token and what it is good for. */
  public record Token(String name, Role role, Secret secret) {}

  public AccessSettings {
    tokens = List.copyOf(tokens);
    var names = new TreeSet<>(hosts);
    publicUrl.ifPresent(url -> names.add(url.getHost().toLowerCase(Locale.ROOT)));
    hosts = Set.copyOf(names);
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
    if (tokens.isEmpty()) {
      s.problem(
          "console.operator-token",
          "CONSOLE_OPERATOR_TOKEN",
          "is not set, nor is console.viewer-token: nobody could sign in");
    }
    Optional<URI> publicUrl = s.optionalUri("console.public-url", "CONSOLE_PUBLIC_URL");
    var hosts = new TreeSet<String>();
    for (String host : s.text("console.hosts", "CONSOLE_HOSTS", "").split(",")) {
      if (!host.isBlank()) {
        hosts.add(host.strip().toLowerCase(Locale.ROOT));
      }
    }
    return new AccessSettings(tokens, Optional.empty(), hosts, publicUrl);
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
