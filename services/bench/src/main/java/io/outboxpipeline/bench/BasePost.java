package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * 64 clients post spendings to a base, as fast as it answers.
 *
 * @param outbox whether it writes outbox rows; without them it is the yardstick
 */
record BasePost(String name, String title, boolean outbox) implements Scenario {

  static final List<String> JVM = List.of("-XX:+UseSerialGC", "-Xmx256m");

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.database();
    int seconds = rig.options().seconds();
    int port = JavaProcess.freePort();
    String before = outbox ? "" : NoOutbox.classPath(rig.options().folder());
    Map<String, String> settings = Map.of("SERVER_PORT", Integer.toString(port));
    try (JavaProcess base =
        rig.start(
            io.outboxpipeline.base.Main.class, JVM, before, Rig.environment(database, settings))) {
      Ready.await(base, port, Duration.ofSeconds(30));
      Part part = Part.fromStart(rig, name, base).profiledAfter(Duration.ofSeconds(seconds));
      Result loaded =
          rig.measuredBy(
              PostLoad.class,
              Map.of(
                  "SERVER_PORT",
                  Integer.toString(port),
                  "WARM_UP_SECONDS",
                  Integer.toString(seconds),
                  "SECONDS",
                  Integer.toString(seconds / 2)));
      return switch (loaded) {
        case Result.Violated violated -> violated;
        case Result.Measured(var figures, var charts) -> {
          double created = figures.getLast().value();
          var all = new ArrayList<>(figures.subList(0, figures.size() - 1));
          Usage usage = part.end();
          all.add(
              new Figure(
                  "cpu", usage.cpuSeconds() * 1000 / created, "CPU s/1,000 POST, start included"));
          all.add(new Figure("rss", usage.peakRssMiB(), "MiB at most"));
          long spendings = database.number("SELECT COUNT(*) FROM obt_spending");
          long events =
              database.number(
                  "SELECT COUNT(*) FROM obt o JOIN obt_spending s ON s.event_id = o.event_id"
                      + " AND s.sequence = o.sequence AND s.identity = o.aggregate_id");
          yield spendings == created && events == (outbox ? created : 0)
              ? new Result.Measured(all, charts)
              : new Result.Violated(
                  String.format(
                      Locale.ROOT,
                      "%.0f were created, %d are there, with %d events",
                      created,
                      spendings,
                      events));
        }
      };
    }
  }
}
