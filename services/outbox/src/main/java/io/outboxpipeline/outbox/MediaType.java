package io.outboxpipeline.outbox;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The one place that decides whether a content type promises JSON. */
final class MediaType {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern ESSENCE = Pattern.compile("(" + TOKEN + "/" + TOKEN + ")[ \\t]*");
  private static final Pattern PARAMETER =
      Pattern.compile(
          ";[ \\t]*(?:(" + TOKEN + ")=(" + TOKEN + "|\"(?:[^\"\\\\]|\\\\.)*\"))?[ \\t]*");

  private MediaType() {}

  /** Whether it is {@code application/json}, {@code text/json}, or ends in {@code +json}. */
  static boolean isJson(String contentType) {
    if (contentType.equals(Event.JSON)) {
      return true; // without a search, in nearly every case
    }
    Matcher essence = ESSENCE.matcher(contentType.strip());
    if (!essence.lookingAt()) {
      return false;
    }
    String following = contentType.strip().substring(essence.end());
    String name = essence.group(1).toLowerCase(Locale.ROOT);
    return (following.isEmpty() || following.startsWith(";"))
        && (name.equals("application/json")
            || name.equals("text/json")
            || (name.endsWith("+json") && !name.endsWith("/+json")));
  }

  /**
   * Refuses a JSON content type that says another charset than UTF-8, which is JSON's only one
   * between systems (RFC 8259, section 8.1).
   *
   * @throws IllegalArgumentException for that, or if the parameters cannot be read
   */
  static void requireUtf8(String contentType) {
    String text = contentType.strip();
    int start = text.indexOf(';');
    if (start < 0) {
      return;
    }
    Matcher parameter = PARAMETER.matcher(text).region(start, text.length());
    while (parameter.lookingAt()) {
      String name = parameter.group(1);
      if ("charset".equalsIgnoreCase(name) && !isUtf8(parameter.group(2))) {
        throw new IllegalArgumentException(
            "content type is JSON with a charset other than UTF-8, which JSON does not have");
      }
      parameter.region(parameter.end(), text.length());
    }
    if (parameter.regionStart() < text.length()) {
      throw new IllegalArgumentException(
          "content type is JSON with a charset or parameters that cannot be read");
    }
  }

  private static boolean isUtf8(String value) {
    String plain =
        value.startsWith("\"")
            ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
            : value;
    return plain.equalsIgnoreCase("utf-8") || plain.equalsIgnoreCase("utf8");
  }
}
