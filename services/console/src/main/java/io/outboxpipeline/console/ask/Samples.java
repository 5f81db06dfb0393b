package io.outboxpipeline.console.ask;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Metrics that a service exported, summed over their labels.
 *
 * @param values by name
 */
public record Samples(Map<String, Double> values) {

  public Samples {
    values = Map.copyOf(values);
  }

  /** Reads Prometheus' text format; lines that are not of it are left out. */
  public static Samples parse(String text) {
    var values = new HashMap<String, Double>();
    text.lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int space = line.lastIndexOf(' ');
              int brace = line.indexOf('{');
              if (space > 0) {
                String name = line.substring(0, brace < 0 ? space : brace);
                try {
                  double value = Double.parseDouble(line.substring(space + 1));
                  if (!Double.isNaN(value)) {
                    values.merge(name, value, Double::sum);
                  }
                } catch (NumberFormatException e) {
                  // Somebody else's line.
                  values.remove(name);
                }
              }
            });
    return new Samples(values);
  }

  /** The sum of a metric's values, if it is exported. */
  public OptionalDouble of(String name) {
    Double value = values.get(name);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
