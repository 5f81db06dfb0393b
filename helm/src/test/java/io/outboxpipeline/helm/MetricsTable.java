package io.outboxpipeline.helm;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The table of docs/metrics.md: a row for each metric, or for all whose names begin alike, which
 * then end with {@code *}. What a summary or a histogram shows beside its name belongs to it.
 */
final class MetricsTable {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z_*]+)` \\|");
  private static final Pattern PART = Pattern.compile("_(bucket|count|sum|max)$");

  private MetricsTable() {}

  /** What is shown and has no row. */
  static Set<String> undocumented(String document, Collection<String> shown) {
    Set<String> rows = rows(document);
    return shown.stream()
        .map(MetricsTable::whole)
        .filter(name -> !rows.contains(name) && rows.stream().noneMatch(r -> family(r, name)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Rows of what nobody shows. */
  static Set<String> notShown(String document, Collection<String> shown) {
    Set<String> names = shown.stream().map(MetricsTable::whole).collect(Collectors.toSet());
    return rows(document).stream()
        .filter(r -> !names.contains(r) && names.stream().noneMatch(n -> family(r, n)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean family(String row, String name) {
    return row.endsWith("*") && name.startsWith(row.substring(0, row.length() - 1));
  }

  private static String whole(String name) {
    return PART.matcher(name).replaceFirst("");
  }

  private static Set<String> rows(String document) {
    return ROW.matcher(document)
        .results()
        .map(m -> m.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
