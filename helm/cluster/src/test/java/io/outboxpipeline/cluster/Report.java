package io.outboxpipeline.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What each fault cost, as a table. */
final class Report {
  private final List<String> rows = new ArrayList<>();

  void add(String fault, Oracle.Flow flow, long sentTwice) {
    rows.add(
        String.format(
            Locale.ROOT,
            "| %s | %d | %s | %s | %s | %d | 0 | 0 |",
            fault,
            flow.events(),
            seconds(flow.p99()),
            seconds(flow.longest()),
            seconds(flow.gap()),
            sentTwice));
  }

  /** The last two columns are what the oracle has shown, else there is no row. */
  String table() {
    return """
        | under load | events | p99 s | longest s | nothing arrived s | sent twice | lost | out of order |
        |---|---|---|---|---|---|---|---|
        """
        + String.join("\n", rows);
  }

  private static String seconds(Duration of) {
    return String.format(Locale.ROOT, "%.2f", of.toMillis() / 1000.0);
  }
}
