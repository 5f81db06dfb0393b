package io.outboxpipeline.ownership;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a member says of itself with its heartbeat, for whoever shows or watches the pipeline; the
 * protocol does not look at it. Short: at most 16 values, each cut to 256 characters.
 *
 * @param values by name
 */
public record Report(Map<String, String> values) {

  /** Says nothing. */
  public static final Report NONE = new Report(Map.of());

  private static final int VALUES = 16;
  private static final int LENGTH = 256;

  public Report {
    if (values.size() > VALUES) {
      throw new IllegalArgumentException("a report has at most " + VALUES + " values");
    }
    values =
        values.entrySet().stream()
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> cut(e.getValue())));
  }

  private static String cut(String value) {
    if (value.length() <= LENGTH) {
      return value;
    }
    int end = LENGTH - 1;
    // Half of a surrogate pair would be lost when it is encoded.
    boolean splitsPair = Character.isHighSurrogate(value.charAt(end - 1));
    return value.substring(0, splitsPair ? end - 1 : end) + "…";
  }

  /** As one line of text, {@code name=value&…} in the order of the names, URL-encoded. */
  public String encoded() {
    return new TreeMap<>(values)
        .entrySet().stream()
            .map(
                e ->
                    URLEncoder.encode(e.getKey(), UTF_8)
                        + '='
                        + URLEncoder.encode(e.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
  }

  /** Reads what {@link #encoded} wrote; what is not of that form is left out. */
  public static Report decoded(String text) {
    var values = new TreeMap<String, String>();
    for (String pair : text.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0 && values.size() < VALUES) {
        try {
          values.put(
              URLDecoder.decode(pair.substring(0, equals), UTF_8),
              URLDecoder.decode(pair.substring(equals + 1), UTF_8));
        } catch (IllegalArgumentException e) {
          // Written by hand, perhaps: a report is never a reason to lose a heartbeat.
        }
      }
    }
    return new Report(values);
  }
}
