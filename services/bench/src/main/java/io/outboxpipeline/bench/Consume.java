package io.outboxpipeline.bench;

import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A consumer applies what waits in the queue. Other messages go before, so that its code is warm.
 *
 * @param pack events in a message
 */
record Consume(String name, String title, int events, int aggregates, int pack)
    implements Scenario {
  private static final int WARM_UP_MESSAGES = 500;

  @Override
  public Result run(Rig rig) throws Exception {
    Database database = rig.emptyDatabase();
    Migrations.inbox(database.dataSource());
    int port = JavaProcess.freePort();
    Map<String, String> settings =
        Map.of("CONSUMER_POLL_WAIT", "1s", "SERVER_PORT", Integer.toString(port));
    try (JavaProcess consumer =
        rig.start(
            io.outboxpipeline.consumer.Main.class,
            BasePost.JVM,
            "",
            rig.relayEnvironment(database, settings))) {
      // By then the endpoint has no receive of an earlier consumer left, which would take some.
      Ready.await(consumer, port, Duration.ofSeconds(30));
      int warmUp = pack == 1 ? 20 * WARM_UP_MESSAGES : WARM_UP_MESSAGES * pack;
      take(rig, consumer, "w", warmUp);
      Part part = Part.begin(rig, name, consumer);
      Prepared.Progress progress = take(rig, consumer, "m", events);
      Usage used = part.end();
      long applied = database.number("SELECT COUNT(*) FROM obt_spending");
      long wrong =
          database.number(
              "SELECT COUNT(*) FROM (SELECT sequence, ROW_NUMBER() OVER (PARTITION BY identity ORDER BY id) AS n"
                  + " FROM obt_spending) t WHERE sequence <> n");
      // The inbox counts in the transaction that applies.
      long counted = database.number("SELECT CAST(SUM(last_sequence) AS SIGNED) FROM inbox");
      if (applied != warmUp + events || counted != applied || wrong > 0) {
        return new Result.Violated(
            String.format(
                Locale.ROOT,
                "%d of %d applied, %d by the inbox, %d out of order",
                applied,
                warmUp + events,
                counted,
                wrong));
      }
      return new Result.Measured(
          List.of(
              new Figure("rate", events * 1e9 / progress.nanos(), "events/s"),
              new Figure("cpu", used.cpuSeconds() * 1000 / events, "CPU s/1,000 events"),
              new Figure("rss", used.peakRssMiB(), "MiB at most")),
          List.of());
    }
  }

  private Prepared.Progress take(Rig rig, JavaProcess consumer, String prefix, int count)
      throws IOException, InterruptedException {
    rig.endpoint().prepare(prefix, count, aggregates, pack);
    int messages = (count + pack - 1) / pack;
    Rig.await(name, consumer, () -> rig.endpoint().progress().deleted() >= messages);
    return rig.endpoint().progress();
  }
}
