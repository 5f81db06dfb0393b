package io.outboxpipeline.helm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table of values in the chart's README, made of values.yaml: a comment that begins with {@code
 * # --} is of the key below it, whose default is shown whole.
 */
final class ValuesTable {
  private static final Pattern KEY = Pattern.compile("( *)([A-Za-z0-9]+):.*");
  private static final Pattern COMMENT = Pattern.compile(" *# ?(-- )?(.*)");
  private static final String BEGIN = "<!-- of values.yaml -->\n";
  private static final String END = "<!-- end -->\n";

  /**
   * A documented value.
   *
   * @param path such as image.tag
   * @param value its default
   */
  record Row(String path, JsonNode value, String description) {}

  private final List<Row> rows = new ArrayList<>();
  private final List<String> path = new ArrayList<>();
  private final JsonNode values;
  private int documented = Integer.MAX_VALUE;

  private ValuesTable(String yaml) {
    values = Chart.parse(yaml).getFirst();
    var comment = new StringBuilder();
    for (String line : yaml.lines().toList()) {
      Matcher key = KEY.matcher(line);
      Matcher said = COMMENT.matcher(line);
      if (key.matches()) {
        key(key.group(1).length(), key.group(2), comment.toString());
        comment.setLength(0);
      } else if (!said.matches()) {
        comment.setLength(0);
      } else if (said.group(1) != null) {
        comment.append(said.group(2));
      } else if (!comment.isEmpty()) {
        comment.append(' ').append(said.group(2));
      }
    }
  }

  private void key(int indent, String name, String description) {
    if (indent > documented) {
      return;
    }
    documented = Integer.MAX_VALUE;
    while (path.size() > indent / 2) {
      path.removeLast();
    }
    path.add(name);
    if (!description.isEmpty()) {
      documented = indent;
      rows.add(
          new Row(String.join(".", path), values.at("/" + String.join("/", path)), description));
    }
  }

  static List<Row> rows(String yaml) {
    return new ValuesTable(yaml).rows;
  }

  /** Values that no comment is about. */
  static Set<String> undocumented(String yaml) {
    var table = new ValuesTable(yaml);
    var left = new TreeSet<String>();
    collect("", table.values, left);
    table.rows.forEach(r -> left.removeIf(p -> p.equals(r.path()) || p.startsWith(r.path() + ".")));
    return left;
  }

  private static void collect(String path, JsonNode node, Set<String> leaves) {
    if (node.isObject() && !node.isEmpty()) {
      node.properties()
          .forEach(
              f ->
                  collect(
                      path.isEmpty() ? f.getKey() : path + "." + f.getKey(), f.getValue(), leaves));
    } else {
      leaves.add(path);
    }
  }

  /** The README with its table made anew. */
  static String into(String readme, String yaml) {
    var table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
    for (Row row : rows(yaml)) {
      table.append(
          "| %s | %s | %s |\n".formatted(row.path(), shown(row.value()), row.description()));
    }
    int begin = readme.indexOf(BEGIN) + BEGIN.length();
    return readme.substring(0, begin) + table + readme.substring(readme.indexOf(END));
  }

  private static String shown(JsonNode value) {
    return value.isTextual() && value.asText().isEmpty() ? "" : "`" + value + "`";
  }
}
