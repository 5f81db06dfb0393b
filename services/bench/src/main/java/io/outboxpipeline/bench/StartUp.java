package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * From a process's start until {@code /health/ready} says yes, with a database that has its tables
 * and with an empty one, and with what JDKs offer to start faster: a CDS archive of the
 * application's classes, and an AOT cache.
 *
 * @param relay whether it is one: others make its tables, and its JVM has less memory
 */
record StartUp(String name, String title, Class<?> main, boolean relay) implements Scenario {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Override
  public Result run(Rig rig) throws Exception {
    Path folder = Files.createDirectories(rig.options().folder().toAbsolutePath());
    Path cds = folder.resolve(name + ".jsa");
    Path aot = folder.resolve(name + ".aot");
    Database database = rig.database();
    // The first start makes what tables are left, and the files.
    seconds(rig, database, List.of("-XX:ArchiveClassesAtExit=" + cds));
    seconds(rig, database, List.of("-XX:AOTCacheOutput=" + aot));
    List<Figure> figures = new ArrayList<>();
    if (!relay) {
      figures.add(
          new Figure("empty", seconds(rig, rig.emptyDatabase(), List.of()), "s, empty database"));
    }
    figures.add(new Figure("plain", seconds(rig, database, List.of()), "s"));
    figures.add(
        new Figure(
            "cds",
            seconds(rig, database, List.of("-XX:SharedArchiveFile=" + cds)),
            "s, CDS archive"));
    figures.add(
        new Figure("aot", seconds(rig, database, List.of("-XX:AOTCache=" + aot)), "s, AOT cache"));
    figures.add(new Figure("cds-size", Files.size(cds) / 1e6, "MB, CDS archive"));
    figures.add(new Figure("aot-size", Files.size(aot) / 1e6, "MB, AOT cache"));
    return new Result.Measured(figures, List.of());
  }

  private double seconds(Rig rig, Database database, List<String> options) throws Exception {
    int port = JavaProcess.freePort();
    var settings = new HashMap<>(Map.of("SERVER_PORT", Integer.toString(port)));
    settings.put("CONSUMER_POLL_WAIT", "1s");
    List<String> jvm = new ArrayList<>(relay ? rig.options().relayOptions() : BasePost.JVM);
    jvm.addAll(options);
    long began = System.nanoTime();
    try (JavaProcess service =
        rig.startWith(RelayImage.jars(), main, jvm, rig.relayEnvironment(database, settings))) {
      Ready.await(service, port, LIMIT);
      double seconds = (System.nanoTime() - began) / 1e9;
      if (options.isEmpty()) { // plain; a JVM that makes an archive has no recording
        Part.fromStart(rig, name, service).end();
      }
      Rig.stop(service, (int) LIMIT.toSeconds());
      return seconds;
    }
  }
}
