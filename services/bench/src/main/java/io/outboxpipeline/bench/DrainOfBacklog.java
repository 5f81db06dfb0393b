package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One relay drains a large backlog: is it as fast at its beginning as at its end, and as with a
 * small one? The relay is warm by four times what {@link Drain} takes: with that, the first tenth
 * was a third slower than the last.
 *
 * @param snapshot whether a transaction holds a snapshot meanwhile, as a backup does, so that the
 *     database can't purge what is deleted
 */
record DrainOfBacklog(String name, String title, boolean snapshot) implements Scenario {
  private static final int WARM_UP = 200_000;
  private static final int SMALL = 10_000;

  /** Ten events each, about as many as the large backlog's messages pack. */
  private static final int SMALL_AGGREGATES = 1_000;

  /**
   * The second and the ninth are there because a tenth is of arrivals: what is read ahead in the
   * first need not be read in the last.
   */
  private static final List<Tenth> TENTHS =
      List.of(
          new Tenth("first", 1),
          new Tenth("second", 2),
          new Tenth("ninth", 9),
          new Tenth("last", 10));

  private record Tenth(String id, int number) {}

  @Override
  public Result run(Rig rig) throws Exception {
    int events = rig.options().backlog();
    int size = events / 10;
    Database database = rig.backlog(WARM_UP, Rig.AGGREGATES);
    rig.endpoint().reset(Duration.ZERO);
    try (Connection holder = Rig.source(database).getConnection();
        var statement = holder.createStatement();
        JavaProcess relay = rig.relay(database, Drain.LONG_LEASES)) {
      Rig.await("the warm-up", relay, () -> rig.endpoint().count() >= WARM_UP);
      Rig.awaitEmpty(database, relay);
      relay.pause();
      Fill.backlog(Rig.source(database), "b", events, Rig.AGGREGATES);
      if (snapshot) {
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        statement.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
      }
      rig.endpoint().reset(Duration.ZERO);
      Part part = Part.begin(rig, name, relay);
      long began = System.nanoTime();
      relay.resume();
      Rig.await(name, relay, () -> rig.endpoint().count() >= events);
      Rig.awaitEmpty(database, relay);
      Usage used = part.end();
      Received received = rig.endpoint().received();
      Optional<String> violation = received.violation(events);
      if (violation.isPresent()) {
        return new Result.Violated(violation.get());
      }
      long[] arrivals = received.since(began);
      var figures = new ArrayList<Figure>();
      figures.add(new Figure("rate", events * 1e9 / arrivals[events - 1], "events/s"));
      for (Tenth tenth : TENTHS) {
        int to = tenth.number() * size - 1;
        double seconds = (arrivals[to] - arrivals[to - size + 1]) / 1e9;
        figures.add(
            new Figure(tenth.id(), size / seconds, "events/s, %s tenth".formatted(tenth.id())));
      }
      figures.add(new Figure("rss", used.peakRssMiB(), "MiB at most"));
      figures.add(
          new Figure(
              "grown",
              used.peakRssMiB() - part.before().peakRssMiB(),
              "MiB more than at the warm-up"));
      if (!snapshot) {
        figures.add(
            new Figure("small", small(rig, database, relay), "events/s, backlog of 10,000"));
      }
      return new Result.Measured(
          figures, List.of(new Chart.Rate(name + "-rate", title + ": rate", arrivals)));
    }
  }

  /** The median of several small backlogs, for each is over in a second. */
  private static double small(Rig rig, Database database, JavaProcess relay) throws Exception {
    var rates = new double[5];
    for (int i = 0; i < rates.length; i++) {
      relay.pause();
      Fill.backlog(Rig.source(database), "s" + i + "-", SMALL, SMALL_AGGREGATES);
      rig.endpoint().reset(Duration.ZERO);
      relay.resume();
      Rig.await("a small backlog", relay, () -> rig.endpoint().count() >= SMALL);
      Rig.awaitEmpty(database, relay);
      long[] arrivals = rig.endpoint().received().at();
      rates[i] = SMALL * 1e9 / (arrivals[SMALL - 1] - arrivals[0]);
    }
    Arrays.sort(rates);
    return rates[rates.length / 2];
  }
}
