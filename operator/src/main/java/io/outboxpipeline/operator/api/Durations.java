package io.outboxpipeline.operator.api;

import java.time.Duration;

/** Times as the resource has them: a whole number and one unit of ms, s, m and h. */
public final class Durations {
  /** What such a text looks like. */
  public static final String PATTERN = "^(0|[1-9][0-9]{0,8})(ms|s|m|h)$";

  private Durations() {}

  /** Reads a text that the API server has let pass. */
  public static Duration parse(String text) {
    String unit = text.replaceFirst("^[0-9]+", "");
    long amount = Long.parseLong(text.substring(0, text.length() - unit.length()));
    return switch (unit) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> throw new IllegalArgumentException("no unit of time: '" + text + "'");
    };
  }
}
