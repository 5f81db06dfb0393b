package io.outboxpipeline.console.model;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hides parts of payloads. What is not JSON can't be searched for them, and is hidden whole.
 *
 * <p>Paths are {@code $.a.b}, {@code $.a[*].b}, {@code $.*.b}, and {@code $..b} for a name at any
 * depth. A step by a name goes through arrays, too, so that a list of what was one thing at first
 * is not shown. Without state.
 */
public record Mask(List<String> paths) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final JsonValue HIDDEN = JSON.createValue("•••");
  private static final Pattern PATH = Pattern.compile("\\$(?:(?:\\.\\.?[^.\\[\\]$]+)|\\[\\*])+");
  private static final Pattern STEP = Pattern.compile("(\\.\\.?)([^.\\[\\]]+)|\\[\\*]");

  public Mask {
    paths = List.copyOf(paths);
  }

  /** Whether a text is a path. */
  public static boolean isPath(String text) {
    return PATH.matcher(text).matches();
  }

  private record Step(String name, boolean deep) {

    boolean any() {
      return name.equals("*");
    }
  }

  /** The payload as it may be shown; empty if it can't be read as JSON. */
  public Optional<String> shown(String payload) {
    try (var parser = JSON.createParser(new StringReader(payload))) {
      parser.next();
      JsonValue value = parser.getValue();
      if (parser.hasNext()) {
        return Optional.empty(); // The rest was not looked through.
      }
      for (String path : paths) {
        value = masked(value, steps(path));
      }
      // As it was sent, where nothing is hidden: numbers keep their form.
      return Optional.of(paths.isEmpty() ? payload : value.toString());
    } catch (JsonException | IllegalStateException | NoSuchElementException e) {
      return Optional.empty();
    }
  }

  private static List<Step> steps(String path) {
    List<Step> steps = new ArrayList<>();
    Matcher step = STEP.matcher(path);
    while (step.find()) {
      steps.add(
          step.group(2) == null
              ? new Step("*", false)
              : new Step(step.group(2), step.group(1).equals("..")));
    }
    return steps;
  }

  private static JsonValue masked(JsonValue value, List<Step> steps) {
    if (steps.isEmpty()) {
      return HIDDEN;
    }
    return switch (value) {
      case JsonObject object -> object(object, steps);
      case JsonArray array -> array(array, steps);
      default -> value;
    };
  }

  private static JsonValue object(JsonObject object, List<Step> steps) {
    Step step = steps.getFirst();
    List<Step> rest = steps.subList(1, steps.size());
    var out = JSON.createObjectBuilder();
    object.forEach(
        (name, value) -> {
          JsonValue below = step.deep() ? masked(value, steps) : value;
          out.add(name, step.any() || step.name().equals(name) ? masked(below, rest) : below);
        });
    return out.build();
  }

  private static JsonValue array(JsonArray array, List<Step> steps) {
    Step step = steps.getFirst();
    List<Step> rest = steps.subList(1, steps.size());
    var out = JSON.createArrayBuilder();
    for (JsonValue value : array) {
      JsonValue below = masked(value, steps);
      out.add(step.any() ? masked(value, rest) : below);
    }
    return out.build();
  }
}
