package io.outboxpipeline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** The figures of all runs, as a table and as JSON. Not thread-safe. */
final class Figures {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Map<String, String> machine;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final List<String> violations = new ArrayList<>();

  Figures(Map<String, String> machine) {
    this.machine = machine;
  }

  private record Row(String scenario, String unit, List<Double> samples) {
    double median() {
      double[] sorted = samples.stream().mapToDouble(d -> d).sorted().toArray();
      int half = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
  }

  /** One run's figures. */
  void add(Scenario scenario, List<Figure> figures) {
    for (Figure figure : figures) {
      rows.computeIfAbsent(
              scenario.name() + "/" + figure.name(),
              _ -> new Row(scenario.title(), figure.unit(), new ArrayList<>()))
          .samples
          .add(figure.value());
    }
  }

  /** One run that broke a rule. */
  void addViolation(Scenario scenario, String rule) {
    violations.add(scenario.name() + ": " + rule);
  }

  /** Whether no run broke a rule. */
  boolean held() {
    return violations.isEmpty();
  }

  private OptionalDouble median(String key) {
    Row row = rows.get(key);
    return row == null ? OptionalDouble.empty() : OptionalDouble.of(row.median());
  }

  private OptionalDouble value(Target target) {
    OptionalDouble figure = median(target.figure());
    if (target.of().isEmpty() || figure.isEmpty()) {
      return figure;
    }
    OptionalDouble of = median(target.of().get());
    return of.isEmpty() ? of : OptionalDouble.of(figure.getAsDouble() / of.getAsDouble());
  }

  /** The table, in Markdown. */
  String table() {
    var text = new StringBuilder("| | median | least – most | |\n|---|--:|--:|---|\n");
    String scenario = "";
    for (Row row : rows.values()) {
      if (!row.scenario.equals(scenario)) {
        scenario = row.scenario;
        text.append("| **").append(scenario).append("** | | | |\n");
      }
      var range = row.samples.stream().mapToDouble(d -> d).summaryStatistics();
      text.append(
          "| | %s | %s – %s | %s |\n"
              .formatted(
                  number(row.median()), number(range.getMin()), number(range.getMax()), row.unit));
    }
    text.append("\n| target | | wanted | measured | |\n|--:|---|--:|--:|---|\n");
    for (Target target : Target.ALL) {
      OptionalDouble value = value(target);
      if (value.isPresent()) {
        text.append(
            String.format(
                Locale.ROOT,
                "| %d | %s | %s %s | %s | %s |\n",
                target.number(),
                target.what(),
                target.comparison().sign,
                number(target.bound()),
                number(value.getAsDouble()),
                target.holds(value.getAsDouble()) ? "reached" : "**missed**"));
      }
    }
    return text.toString();
  }

  /** Raw samples, medians, ratios, violations and the machine. */
  void write(Path file) throws IOException {
    var figures = new LinkedHashMap<String, Object>();
    rows.forEach(
        (key, row) ->
            figures.put(
                key, Map.of("median", row.median(), "unit", row.unit, "samples", row.samples)));
    var targets = new ArrayList<Map<String, Object>>();
    for (Target target : Target.ALL) {
      value(target)
          .ifPresent(
              value ->
                  targets.add(
                      Map.of(
                          "target", target.number(),
                          "what", target.what(),
                          "bound", target.comparison().sign + " " + target.bound(),
                          "measured", value,
                          "reached", target.holds(value))));
    }
    var all = new LinkedHashMap<String, Object>();
    all.put("machine", machine);
    all.put("figures", figures);
    all.put("targets", targets);
    all.put("violations", violations);
    Files.createDirectories(file.toAbsolutePath().getParent());
    JSON.writeValue(file.toFile(), all);
  }

  /** Three digits or more. */
  static String number(double value) {
    String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.4f";
    return value == 0 ? "0" : String.format(Locale.ROOT, format, value);
  }
}
