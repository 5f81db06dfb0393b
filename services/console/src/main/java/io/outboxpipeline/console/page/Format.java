package io.outboxpipeline.console.page;

import io.outboxpipeline.console.model.Flow.Figure;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Numbers and times for people. */
final class Format {
  private Format() {}

  /** A figure with its unit. */
  static String figure(Figure figure) {
    if (figure.value().isEmpty()) {
      return Text.UNKNOWN.english();
    }
    double value = figure.value().getAsDouble();
    return switch (figure.measure().unit()) {
      case COUNT -> count(Math.round(value));
      case PER_SECOND -> Text.PER_SECOND.with(rate(value));
      case SECONDS -> seconds(value);
    };
  }

  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  private static String rate(double perSecond) {
    return perSecond > 0 && perSecond < 10
        ? String.format(Locale.ROOT, "%.1f", perSecond)
        : count(Math.round(perSecond));
  }

  /** An age: milliseconds below a second, and at most two units above. */
  static String seconds(double seconds) {
    if (seconds < 1) {
      return Math.round(seconds * 1000) + " ms";
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return whole / 60 + " min " + whole % 60 + " s";
    }
    return whole < 86_400
        ? whole / 3600 + " h " + whole % 3600 / 60 + " min"
        : whole / 86_400 + " d " + whole % 86_400 / 3600 + " h";
  }

  /** An instant in UTC, to the second. */
  static Html time(Instant at) {
    String text = at.truncatedTo(ChronoUnit.SECONDS).toString();
    return Html.tag("time").set("datetime", text).text(text.replace('T', ' ').replace("Z", " UTC"));
  }
}
