package io.outboxpipeline.receiver;

import java.util.Optional;

/**
 * What a check says.
 *
 * @param trouble a sentence for the person who looks, without secrets; empty if all is well
 */
public record Health(Optional<String> trouble) {
  private static final Health UP = new Health(Optional.empty());

  public static Health up() {
    return UP;
  }

  public static Health down(String trouble) {
    return new Health(Optional.of(trouble));
  }

  public boolean isUp() {
    return trouble.isEmpty();
  }
}
