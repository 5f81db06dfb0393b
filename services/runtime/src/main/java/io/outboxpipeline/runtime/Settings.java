package io.outboxpipeline.runtime;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a service's settings: an environment variable, else the key of an optional YAML file, else
 * the default. Line breaks at the end of a value are none of it, and an empty one counts as not
 * set.
 *
 * <p>A wrong value does not stop the reading: a stand-in is returned and the problem kept, so that
 * {@link #check} can name all of them at once. Read everything, then check, then use the values.
 * Not thread-safe.
 */
public final class Settings {
  private static final Pattern SIMPLE_DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

  private final Map<String, String> environment;
  private final SettingsFile file;
  private final TreeSet<String> known = new TreeSet<>();
  private final List<String> problems = new ArrayList<>();

  private Settings(Map<String, String> environment, SettingsFile file) {
    this.environment = environment;
    this.file = file;
  }

  /**
   * The process's settings: its environment, and the file that {@code -Dconfig} or {@code
   * CONFIG_FILE} names, if one does.
   *
   * @throws InvalidSettings if that file cannot be read
   */
  public static Settings load() {
    Map<String, String> environment = System.getenv();
    String name =
        withoutLineBreak(System.getProperty("config", environment.getOrDefault("CONFIG_FILE", "")));
    return name.isEmpty() ? of(environment) : of(environment, Path.of(name));
  }

  /** Settings from these environment variables alone. */
  public static Settings of(Map<String, String> environment) {
    return new Settings(Map.copyOf(environment), SettingsFile.NONE);
  }

  /**
   * Settings from these environment variables, over a YAML file.
   *
   * @throws InvalidSettings if the file cannot be read
   */
  public static Settings of(Map<String, String> environment, Path file) {
    return new Settings(Map.copyOf(environment), SettingsFile.read(file));
  }

  /** A text that may be left out. */
  public Optional<String> optionalText(String key, String variable) {
    return Optional.ofNullable(find(key, variable));
  }

  /** A text with a default. */
  public String text(String key, String variable, String fallback) {
    return optionalText(key, variable).orElse(fallback);
  }

  /** A text that must be set. */
  public String requiredText(String key, String variable) {
    return optionalText(key, variable).orElseGet(() -> missing(key, variable, ""));
  }

  /**
   * A secret that may be left out: the value itself, or the content of the file that {@code
   * variable_FILE} or {@code key-file} names, without a line break at its end.
   */
  public Optional<Secret> optionalSecret(String key, String variable) {
    String value = find(key, variable);
    String path = find(key + "-file", variable + "_FILE");
    if (value != null && path != null) {
      problem(key, variable, "is set, and so is " + variable + "_FILE: set one of the two");
    }
    if (value != null || path == null) {
      return Optional.ofNullable(value).map(Secret::new);
    }
    try {
      String content = Files.readString(Path.of(path));
      return Optional.of(new Secret(withoutLineBreak(content)));
    } catch (IOException e) {
      problem(key + "-file", variable + "_FILE", "is \"" + path + "\": that file cannot be read");
      return Optional.empty();
    }
  }

  /** A secret that must be set. */
  public Secret requiredSecret(String key, String variable) {
    return optionalSecret(key, variable).orElseGet(() -> missing(key, variable, new Secret("")));
  }

  /** A whole number from {@code min} to {@code max}. */
  public int integer(String key, String variable, int fallback, int min, int max) {
    return read(
        key,
        variable,
        fallback,
        "a whole number from " + min + " to " + max,
        text -> {
          int value = Integer.parseInt(text);
          return Optional.of(value).filter(v -> v >= min && v <= max);
        });
  }

  /**
   * A time from {@code min} to {@code max}, such as {@code 500ms}, {@code 10s}, {@code 5m}, {@code
   * 24h}, {@code 7d} or an ISO-8601 duration.
   */
  public Duration duration(
      String key, String variable, Duration fallback, Duration min, Duration max) {
    return read(
        key,
        variable,
        fallback,
        "a time from %s to %s, such as 500ms, 10s, 5m or PT10S".formatted(show(min), show(max)),
        text -> {
          Duration value = parse(text);
          return value.compareTo(min) < 0 || value.compareTo(max) > 0
              ? Optional.empty()
              : Optional.of(value);
        });
  }

  /** {@code true} or {@code false}. */
  public boolean flag(String key, String variable, boolean fallback) {
    return read(
        key,
        variable,
        fallback,
        "true or false",
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true" -> Optional.of(true);
              case "false" -> Optional.of(false);
              default -> Optional.empty();
            });
  }

  /** One of an enum's constants, written in any case, with {@code -} or {@code _}. */
  public <E extends Enum<E>> E choice(String key, String variable, E fallback) {
    E[] constants = fallback.getDeclaringClass().getEnumConstants();
    return read(
        key,
        variable,
        fallback,
        "one of " + Arrays.stream(constants).map(Settings::kebab).collect(Collectors.joining(", ")),
        text ->
            Arrays.stream(constants)
                .filter(c -> kebab(c).equals(text.toLowerCase(Locale.ROOT).replace('_', '-')))
                .findFirst());
  }

  /** An http or https URI that may be left out. */
  public Optional<URI> optionalUri(String key, String variable) {
    return read(
        key,
        variable,
        Optional.<URI>empty(),
        "a URI that begins with http:// or https://",
        text -> {
          try {
            var uri = new URI(text);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            return http && uri.getHost() != null ? Optional.of(Optional.of(uri)) : Optional.empty();
          } catch (URISyntaxException e) {
            return Optional.empty();
          }
        });
  }

  /** Adds a problem that a reader can't see, such as two values that don't go together. */
  public void problem(String key, String variable, String what) {
    String sentence = key + " (" + variable + ") " + what;
    // One that is read twice is told once.
    if (!problems.contains(sentence)) {
      problems.add(sentence);
    }
  }

  /**
   * To be called once all is read.
   *
   * @throws InvalidSettings if anything was wrong, or the file has a key that nothing read
   */
  public void check() {
    unknownKeys();
    checkValues();
  }

  /**
   * The same for a program that has use for a part of the file.
   *
   * @throws InvalidSettings if anything was wrong
   */
  void checkValues() {
    if (!problems.isEmpty()) {
      throw new InvalidSettings(problems);
    }
  }

  private void unknownKeys() {
    file.values().keySet().stream()
        .filter(key -> !known.contains(key))
        .sorted()
        .forEach(
            key ->
                problems.add(
                    "%s in %s is not a setting; there are %s"
                        .formatted(key, file.name(), String.join(", ", near(key)))));
  }

  /** The keys of the same section, or all if there is no such section. */
  private List<String> near(String key) {
    String section = key.substring(0, key.lastIndexOf('.') + 1);
    List<String> near =
        known.stream().filter(k -> !section.isEmpty() && k.startsWith(section)).toList();
    return near.isEmpty() ? List.copyOf(known) : near;
  }

  private @Nullable String find(String key, String variable) {
    known.add(key);
    String value = withoutLineBreak(environment.getOrDefault(variable, ""));
    if (value.isEmpty()) {
      value = withoutLineBreak(file.values().getOrDefault(key, ""));
    }
    return value.isEmpty() ? null : value;
  }

  /** Editors and {@code echo} end what they write with a line break that nobody means. */
  private static String withoutLineBreak(String value) {
    int end = value.length();
    while (end > 0 && (value.charAt(end - 1) == '\n' || value.charAt(end - 1) == '\r')) {
      end--;
    }
    return value.substring(0, end);
  }

  private <T> T missing(String key, String variable, T standIn) {
    // A secret whose file can't be read has its own problem already.
    if (problems.stream().noneMatch(p -> p.startsWith(key + "-file "))) {
      problem(key, variable, "is not set");
    }
    return standIn;
  }

  private <T> T read(
      String key,
      String variable,
      T fallback,
      String allowed,
      Function<String, Optional<T>> parser) {
    String text = find(key, variable);
    if (text == null) {
      return fallback;
    }
    Optional<T> value;
    try {
      value = parser.apply(text.strip());
    } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
      value = Optional.empty();
    }
    if (value.isEmpty()) {
      problem(key, variable, "is \"" + text + "\": must be " + allowed);
    }
    return value.orElse(fallback);
  }

  private static Duration parse(String text) {
    var simple = SIMPLE_DURATION.matcher(text);
    if (!simple.matches()) {
      return Duration.parse(text);
    }
    long amount = Long.parseLong(simple.group(1));
    return switch (simple.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  private static String show(Duration time) {
    if (time.toMillis() % 1000 != 0) {
      return time.toMillis() + "ms";
    }
    long seconds = time.toSeconds();
    if (seconds == 0) {
      return "0s";
    }
    return seconds % 86_400 == 0
        ? seconds / 86_400 + "d"
        : seconds % 3600 == 0
            ? seconds / 3600 + "h"
            : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private static String kebab(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
