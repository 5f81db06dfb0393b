package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the numbers were measured on. */
final class Machine {
  private static final List<String> SETTINGS =
      List.of(
          "version",
          "innodb_flush_log_at_trx_commit",
          "sync_binlog",
          "log_bin",
          "innodb_buffer_pool_size",
          "innodb_doublewrite");

  private Machine() {}

  static Map<String, String> describe(Options options, Database database) throws SQLException {
    var facts = new LinkedHashMap<String, String>();
    facts.put("cpu", first("/proc/cpuinfo", "model name"));
    facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("memory", first("/proc/meminfo", "MemTotal"));
    facts.put("kernel", System.getProperty("os.version"));
    facts.put("jdk", Runtime.version().toString());
    facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    facts.put(
        "events",
        String.format(
            Locale.ROOT,
            "%,d to drain, %,d the large backlog",
            options.events(),
            options.backlog()));
    facts.put("relay JVM", String.join(" ", options.relayOptions()));
    facts.put("relay settings", options.relayEnvironment().toString());
    if (options.profile()) {
      facts.put("profile", "yes: the figures are those of recorded processes");
    }
    facts.put("database", options.database() + " at " + database.host() + ":" + database.port());
    try (var c = database.dataSource().getConnection();
        var s = c.createStatement();
        var rows = s.executeQuery("SHOW GLOBAL VARIABLES")) {
      var all = new LinkedHashMap<String, String>();
      while (rows.next()) {
        all.put(rows.getString(1), rows.getString(2));
      }
      SETTINGS.forEach(name -> facts.put(name, all.getOrDefault(name, "-")));
    }
    return facts;
  }

  private static String first(String file, String key) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
