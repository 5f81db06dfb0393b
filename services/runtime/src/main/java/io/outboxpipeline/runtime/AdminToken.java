package io.outboxpipeline.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * A token that opens {@code /admin}. Two may be good at once, so that one can take the other's
 * place without a moment in which neither works.
 *
 * @param name tells tokens apart in logs and in the record of decisions
 */
public record AdminToken(String name, Secret secret) {
  private static final int SHORTEST = 16;
  private static final int LONGEST_NAME = 64;

  /** The settings {@code admin.*}. */
  static List<AdminToken> read(Settings s) {
    List<AdminToken> tokens = new ArrayList<>();
    read(s, "admin.token", "ADMIN_TOKEN", "first", tokens);
    read(s, "admin.second-token", "ADMIN_SECOND_TOKEN", "second", tokens);
    return List.copyOf(tokens);
  }

  private static void read(
      Settings s, String key, String variable, String fallback, List<AdminToken> tokens) {
    String name = s.text(key + "-name", variable + "_NAME", fallback);
    if (name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
      s.problem(key + "-name", variable + "_NAME", "must be a short name without line breaks");
    }
    s.optionalSecret(key, variable)
        .ifPresent(
            secret -> {
              if (secret.value().length() < SHORTEST) {
                s.problem(key, variable, "must have at least " + SHORTEST + " characters");
              }
              tokens.add(new AdminToken(name, secret));
            });
  }
}
