package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Starts relays as their image does: from jars, with the options' JVM, and with an AOT cache that a
 * first relay makes, which drains a backlog.
 */
final class RelayImage {
  private static final int TRAINING = 20_000;
  private static final int STOP_SECONDS = 120;

  private final Rig rig;
  private Optional<Path> cache = Optional.empty();

  RelayImage(Rig rig) {
    this.rig = rig;
  }

  JavaProcess start(Map<String, String> environment)
      throws SQLException, IOException, InterruptedException {
    if (rig.options().relayCache() && cache.isEmpty()) {
      cache = Optional.of(train());
    }
    return start(cache.map(c -> "-XX:AOTCache=" + c), environment);
  }

  private JavaProcess start(Optional<String> more, Map<String, String> environment) {
    List<String> jvm = new ArrayList<>(rig.options().relayOptions());
    more.ifPresent(jvm::add);
    return rig.startWith(jars(), io.outboxpipeline.relay.Main.class, jvm, environment);
  }

  /** The class path's jars: caches know no folders. The test kit would set the logs' format. */
  static String jars() {
    return Arrays.stream(System.getProperty("java.class.path").split(":"))
        .filter(entry -> entry.endsWith(".jar") && !entry.contains("testkit"))
        .collect(Collectors.joining(":"));
  }

  private Path train() throws SQLException, IOException, InterruptedException {
    Path made =
        Files.createDirectories(rig.options().folder().toAbsolutePath()).resolve("relay.aot");
    Database database = rig.backlog(TRAINING, Rig.AGGREGATES);
    int port = JavaProcess.freePort();
    var settings = new HashMap<>(Map.of("SERVER_PORT", Integer.toString(port)));
    rig.endpoint().reset(Duration.ZERO);
    try (JavaProcess relay =
        start(
            Optional.of("-XX:AOTCacheOutput=" + made), rig.relayEnvironment(database, settings))) {
      Ready.await(relay, port, Duration.ofSeconds(60));
      Rig.await("the training", relay, () -> rig.endpoint().count() >= TRAINING);
      Rig.awaitEmpty(database, relay);
      Rig.stop(relay, STOP_SECONDS);
    }
    rig.endpoint().reset(Duration.ZERO);
    return made;
  }
}
