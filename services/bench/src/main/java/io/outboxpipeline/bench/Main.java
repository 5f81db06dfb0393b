package io.outboxpipeline.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Runs the scenarios one after the other, as often as wanted, and reports. */
public final class Main {
  private static final Duration MS_8 = Duration.ofMillis(8);

  static final List<Scenario> SCENARIOS =
      List.of(
          new EndpointLimit(),
          new DatabaseLimit(),
          new HandWritten(),
          new Drain("drain", "drain, endpoint at once", Duration.ZERO, 1, Rig.AGGREGATES),
          new Drain("drain-8ms", "drain, endpoint after 8 ms", MS_8, 1, Rig.AGGREGATES),
          new Drain("hot", "one hot aggregate, endpoint after 8 ms", MS_8, 0.25, 1),
          new Steady(
              "steady",
              "500 events/s, then silence",
              Duration.ZERO,
              Map.of(),
              Steady.Beside.SILENCE),
          new Steady(
              "steady-wake-up",
              "500 events/s, then silence, with the binary log as wake-up",
              Duration.ZERO,
              Map.of("RELAY_WAKE_UP", "binlog"),
              Steady.Beside.SILENCE),
          new Steady(
              "steady-poll",
              "500 events/s, then silence, by polling alone",
              Duration.ZERO,
              Map.of("RELAY_WAKE_UP", "none"),
              Steady.Beside.SILENCE),
          new Steady(
              "cold",
              "1,000 cold aggregates, 8 ms",
              MS_8,
              Drain.LONG_LEASES,
              Steady.Beside.NOTHING),
          new Steady(
              "cold-hot",
              "1,000 cold aggregates beside a hot one, 8 ms",
              MS_8,
              Drain.LONG_LEASES,
              Steady.Beside.HOT),
          new DrainOfBacklog("backlog", "a large backlog", false),
          new DrainOfBacklog("backlog-snapshot", "a large backlog while a snapshot is held", true),
          new Failover("crash", "a relay is killed and started again", Failover.Fault.CRASH),
          new Failover("hang", "a relay hangs for good", Failover.Fault.HANG),
          new Scaling(),
          new AppendCost("append", "append, 16 threads, 1,000 aggregates", 16, 1_000, 1, false),
          new AppendCost("append-tls", "append, the same with TLS", 16, 1_000, 1, true),
          new AppendCost(
              "append-ten",
              "append, ten events of 10,000 aggregates a transaction",
              16,
              10_000,
              10,
              false),
          new AppendCost("append-hot", "append, 16 threads, one aggregate", 16, 1, 1, false),
          new AppendCost("append-alone", "append, one thread", 1, 1_000, 1, false),
          new BasePost("post-without", "yardstick: POST without outbox rows, 64 clients", false),
          new BasePost("post", "POST to the base, 64 clients", true),
          new Consume("consume-packed", "consumer, 100 events a message", 200_000, 500, 100),
          new Consume("consume", "consumer, one event a message", 60_000, 10_000, 1),
          new DynamoDbDrain("dynamodb-drain", "DynamoDB: drain of items with 20 events each"),
          new DynamoDbSteady("dynamodb-steady", "DynamoDB: latency at 500/s", 500),
          new DynamoDbSteady("dynamodb-steady-100", "DynamoDB: latency at 100/s", 100),
          new DynamoDbIdle("dynamodb-idle", "DynamoDB: an idle relay's calls"),
          new DynamoDbAppend("dynamodb-append", "DynamoDB: an append by what waits in the item"),
          new StartUp("start-base", "start of the base", io.outboxpipeline.base.Main.class, false),
          new StartUp("start-relay", "start of a relay", io.outboxpipeline.relay.Main.class, true),
          new StartUp(
              "start-consumer",
              "start of a consumer",
              io.outboxpipeline.consumer.Main.class,
              false));

  private Main() {}

  /** Ends with 1 when order or completeness was violated. */
  public static void main(String[] args) throws Exception {
    System.exit(run(Options.read()) ? 0 : 1);
  }

  private static boolean run(Options options) throws Exception {
    List<Scenario> chosen = chosen(options);
    try (var rig = new Rig(options)) {
      var machine = Machine.describe(options, rig.emptyDatabase());
      machine.forEach((key, value) -> System.out.println(key + ": " + value));
      var report = new Figures(machine);
      for (int n = 1; n <= options.repeat(); n++) {
        for (Scenario scenario : chosen) {
          System.out.printf("%n%d/%d %s%n", n, options.repeat(), scenario.title());
          switch (scenario.run(rig)) {
            case Result.Measured(var figures, var charts) -> {
              figures.forEach(
                  f -> System.out.printf("  %s %s%n", Figures.number(f.value()), f.unit()));
              report.add(scenario, figures);
              for (Chart chart : charts) {
                Svg.write(options.folder().resolve("bench-charts"), chart);
              }
            }
            case Result.Violated(String rule) -> {
              System.out.println("  VIOLATED: " + rule);
              report.addViolation(scenario, rule);
            }
          }
          report.write(options.folder().resolve("bench.json"));
        }
      }
      System.out.println("\n" + report.table());
      return report.held();
    }
  }

  private static List<Scenario> chosen(Options options) {
    if (options.scenarios().equals(List.of("all"))) {
      return SCENARIOS;
    }
    Set<String> unknown = new TreeSet<>(options.scenarios());
    SCENARIOS.forEach(s -> unknown.remove(s.name()));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "no scenario "
              + unknown
              + ", only "
              + SCENARIOS.stream().map(Scenario::name).collect(Collectors.joining(",")));
    }
    return SCENARIOS.stream().filter(s -> options.scenarios().contains(s.name())).toList();
  }
}
