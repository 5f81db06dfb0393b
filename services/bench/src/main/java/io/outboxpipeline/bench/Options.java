package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.TestDatabase;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What to measure, from system properties; README.md tells them.
 *
 * @param scenarios names, or {@code all}
 * @param events the backlog of a drain
 * @param repeat how often each scenario runs
 * @param backlog the large one
 * @param seconds how long a steady load is measured
 * @param silence how many seconds of it come before the first event
 * @param relayOptions of the relays' JVMs
 * @param relayCache whether the relays' JVMs have an AOT cache
 * @param relayEnvironment settings of the relays
 * @param driverProperties of the connections that append, each with an ampersand before it
 * @param profile whether services are profiled
 * @param folder where JSON, charts and logs go
 */
record Options(
    List<String> scenarios,
    int events,
    int repeat,
    int backlog,
    int seconds,
    int silence,
    TestDatabase database,
    List<String> relayOptions,
    boolean relayCache,
    Map<String, String> relayEnvironment,
    String driverProperties,
    boolean profile,
    Path folder) {

  static Options read() {
    String database = System.getProperty("bench.database", "");
    return new Options(
        words(System.getProperty("bench.scenarios", "all"), ","),
        Integer.getInteger("bench.events", 200_000),
        Integer.getInteger("bench.repeat", 3),
        Integer.getInteger("bench.backlog", 1_000_000),
        Integer.getInteger("bench.seconds", 25),
        Integer.getInteger("bench.silence", 60),
        database.isBlank()
            ? TestDatabase.preferred()
            : TestDatabase.valueOf(database.toUpperCase(Locale.ROOT)),
        words(System.getProperty("bench.relay.jvm", "-XX:+UseSerialGC -Xmx104m"), " "),
        Boolean.parseBoolean(System.getProperty("bench.relay.cache", "true")),
        words(System.getProperty("bench.relay.env", ""), ",").stream()
            .map(pair -> pair.split("=", 2))
            .collect(Collectors.toMap(p -> p[0], p -> p[1])),
        words(System.getProperty("bench.driver", ""), ",").stream()
            .map(property -> "&" + property)
            .collect(Collectors.joining()),
        Boolean.getBoolean("bench.profile"),
        Path.of(System.getProperty("bench.folder", "target")));
  }

  private static List<String> words(String text, String separator) {
    return Stream.of(text)
        .flatMap(t -> Arrays.stream(t.split(separator)))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }
}
