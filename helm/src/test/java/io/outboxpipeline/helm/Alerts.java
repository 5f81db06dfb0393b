package io.outboxpipeline.helm;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The alerts and the dashboard, and which metrics they name. */
final class Alerts {
  static final Path FILE = Chart.FOLDER.resolve("files").resolve("alerts.yaml");
  static final Path DASHBOARD = Chart.FOLDER.resolve("files").resolve("dashboard.json");

  /** All of PromQL that is no metric's name: texts, matchers, ranges, labels, words. */
  private static final Pattern OTHER =
      Pattern.compile(
          "\"[^\"]*\"|\\{[^}]*}|\\[[^]]*]|\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)"
              + "|\\b(and|or|unless|bool|offset)\\b");

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*\\b(?!\\s*\\()");

  private Alerts() {}

  private static List<JsonNode> rules() {
    var rules = new ArrayList<JsonNode>();
    Chart.parse(Chart.read(FILE))
        .getFirst()
        .path("groups")
        .forEach(group -> group.path("rules").forEach(rules::add));
    return rules;
  }

  static List<String> names() {
    return rules().stream().map(r -> r.path("alert").asText()).toList();
  }

  static List<String> alertQueries() {
    return rules().stream().map(r -> r.path("expr").asText()).toList();
  }

  static List<String> dashboardQueries() {
    var queries = new ArrayList<String>();
    JsonNode dashboard = Chart.parse(Chart.read(DASHBOARD)).getFirst();
    dashboard.findValues("expr").forEach(e -> queries.add(e.asText()));
    dashboard
        .at("/templating/list")
        .forEach(
            v -> {
              Matcher values =
                  Pattern.compile("label_values\\((.*), \\w+\\)").matcher(v.path("query").asText());
              if (values.matches()) {
                queries.add(values.group(1));
              }
            });
    return queries;
  }

  /** The names of the metrics in a query. */
  static Set<String> metrics(String query) {
    var names = new TreeSet<String>();
    Matcher name = NAME.matcher(OTHER.matcher(query).replaceAll(" "));
    while (name.find()) {
      names.add(name.group());
    }
    return names;
  }
}
