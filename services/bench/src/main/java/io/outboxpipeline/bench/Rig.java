package io.outboxpipeline.bench;

import com.mysql.cj.jdbc.MysqlDataSource;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** What scenarios measure with: the database's server, the endpoint, and processes of their own. */
final class Rig implements AutoCloseable {
  /** Over how many aggregates a backlog is spread. */
  static final int AGGREGATES = 10_000;

  static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final List<String> SMALL = List.of("-XX:+UseSerialGC", "-Xmx1g");
  private static final Pattern TOLD = Pattern.compile("FIGURE (\\S+) (\\S+) (.+)");

  private final Options options;
  private final AtomicInteger programs = new AtomicInteger();
  private final JavaProcess endpointProgram;
  private final EndpointClient endpoint;
  private final RelayImage relayImage = new RelayImage(this);

  Rig(Options options) throws InterruptedException {
    this.options = options;
    int port = JavaProcess.freePort();
    endpoint = new EndpointClient(URI.create("http://127.0.0.1:" + port));
    endpointProgram =
        start(
            Endpoint.class,
            List.of("-XX:+UseSerialGC", "-Xmx1g"),
            "",
            Map.of("ENDPOINT_PORT", Integer.toString(port)));
    endpoint.awaitStart();
  }

  Options options() {
    return options;
  }

  EndpointClient endpoint() {
    return endpoint;
  }

  /** What the endpoint's process used so far. */
  Usage endpointUsage() {
    return Usage.of(endpointProgram.pid());
  }

  /** A new database without tables. */
  Database emptyDatabase() {
    Database database = options.database().create();
    return switch (options.database()) {
      case MYSQL -> ContainerAddress.direct(database);
      case MARIADB -> database;
    };
  }

  /** A new database with the outbox's tables. */
  Database database() {
    Database database = emptyDatabase();
    Migrations.outbox(database.dataSource());
    return database;
  }

  /** A new database with a backlog. */
  Database backlog(int events, int aggregates) throws SQLException, InterruptedException {
    Database database = database();
    Fill.backlog(source(database), "a", events, aggregates);
    return database;
  }

  /** Starts a process with something before this one's class path, or nothing. */
  JavaProcess start(
      Class<?> main, List<String> jvm, String before, Map<String, String> environment) {
    String own = System.getProperty("java.class.path");
    return startWith(before.isEmpty() ? own : before + ":" + own, main, jvm, environment);
  }

  /** Starts a process; its output goes to {@code bench-logs}. */
  JavaProcess startWith(
      String classPath, Class<?> main, List<String> jvm, Map<String, String> environment) {
    Path logs = options.folder().resolve("bench-logs");
    String name =
        String.format(
            Locale.ROOT,
            "%03d-%s-%s",
            programs.incrementAndGet(),
            main.getPackageName().replaceAll(".*\\.", ""),
            main.getSimpleName());
    try {
      Files.deleteIfExists(logs.resolve(name + ".log")); // of an earlier run
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    boolean service = !main.getPackage().equals(Rig.class.getPackage());
    List<String> all = new ArrayList<>(jvm);
    if (service && options.profile()) {
      all.add(Profile.RECORD);
    }
    return JavaProcess.start(name, main, environment, logs, all, classPath);
  }

  /**
   * Stops a program.
   *
   * @throws IllegalStateException if it does not end in time, or fails
   */
  static void stop(JavaProcess program, int seconds) {
    if (program.stop(seconds) != 0) {
      throw new IllegalStateException("failed when it was stopped, see bench-logs");
    }
  }

  /** Starts a relay with the options' settings, and these beside them. */
  JavaProcess relay(Database database, Map<String, String> settings)
      throws SQLException, IOException, InterruptedException {
    return relayImage.start(relayEnvironment(database, settings));
  }

  /** Starts a {@link Writer}, which warms up and then waits until it is told to go on. */
  JavaProcess writer(
      Database database,
      int warmUpPerSecond,
      int warmUpSeconds,
      int perSecond,
      int seconds,
      int aggregates) {
    return start(
        Writer.class,
        JavaProcess.QUICK_START, // so that its compiler takes little from what is measured
        "",
        environment(
            database,
            Map.of(
                "WARM_UP_PER_SECOND", Integer.toString(warmUpPerSecond),
                "WARM_UP_SECONDS", Integer.toString(warmUpSeconds),
                "PER_SECOND", Integer.toString(perSecond),
                "SECONDS", Integer.toString(seconds),
                "AGGREGATES", Integer.toString(aggregates))));
  }

  /** The settings of a relay or consumer, and these beside them. */
  Map<String, String> relayEnvironment(Database database, Map<String, String> settings) {
    var all = new HashMap<String, String>();
    all.put("SERVER_PORT", Integer.toString(JavaProcess.freePort()));
    all.put("SQS_QUEUE", "bench.fifo");
    all.put("AWS_ENDPOINT_URL_SQS", endpoint.uri().toString());
    all.put("AWS_REGION", "eu-central-1");
    all.put("AWS_ACCESS_KEY_ID", "x");
    all.put("AWS_SECRET_ACCESS_KEY", "x");
    all.putAll(options.relayEnvironment());
    all.putAll(settings);
    return environment(database, all);
  }

  /** The settings that say where a database is, and these beside them. */
  static Map<String, String> environment(Database database, Map<String, String> settings) {
    var all = new HashMap<>(settings);
    all.put("MYSQL_HOST", database.host());
    all.put("MYSQL_PORT", Integer.toString(database.port()));
    all.put("MYSQL_DATABASE", database.name());
    all.put("MYSQL_USER", database.user());
    all.put("MYSQL_PASSWORD", database.password());
    all.put("MYSQL_SSL_MODE", "preferred");
    return all;
  }

  static DataSource source(Database database) {
    return source(environment(database, Map.of()));
  }

  /** The source that settings of {@link #environment} name. */
  static DataSource source(Map<String, String> environment) {
    return source(environment, "");
  }

  /** The same for a load, which should take little of the machine: without TLS. */
  static DataSource loadSource(Map<String, String> environment) {
    return source(
        environment,
        "&sslMode=DISABLED&allowPublicKeyRetrieval=true&cachePrepStmts=true&useLocalSessionState=true");
  }

  private static DataSource source(Map<String, String> environment, String more) {
    var source = new MysqlDataSource();
    source.setUrl(
        "jdbc:mysql://%s:%s/%s?rewriteBatchedStatements=true&transactionIsolation=READ-COMMITTED%s"
            .formatted(
                environment.get("MYSQL_HOST"),
                environment.get("MYSQL_PORT"),
                environment.get("MYSQL_DATABASE"),
                more));
    source.setUser(environment.get("MYSQL_USER"));
    source.setPassword(environment.get("MYSQL_PASSWORD"));
    return source;
  }

  /** Runs a program that measures, and takes what it {@link #tell}s. */
  Result measuredBy(Class<?> main, Map<String, String> environment)
      throws IOException, InterruptedException {
    try (JavaProcess program = start(main, SMALL, "", environment)) {
      return new Result.Measured(told(program.output((int) PATIENCE.toSeconds())), List.of());
    }
  }

  /** The figures that a program {@link #tell told}. */
  static List<Figure> told(String output) {
    return output
        .lines()
        .map(TOLD::matcher)
        .filter(told -> told.matches())
        .map(told -> new Figure(told.group(1), Double.parseDouble(told.group(2)), told.group(3)))
        .toList();
  }

  /** Tells figures to the process that started this one. */
  static void tell(Figure... figures) {
    for (Figure figure : figures) {
      System.out.println("FIGURE " + figure.name() + " " + figure.value() + " " + figure.unit());
    }
  }

  /** Something that comes true. */
  interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  /**
   * Waits for a condition, without disturbing what is measured by asking too often.
   *
   * @throws IllegalStateException if it does not come true in time, or the program ends
   */
  static void await(String what, JavaProcess program, Condition condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (!program.isAlive()) {
        throw new IllegalStateException(what + ": the process ended");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(what + " did not come within " + PATIENCE);
      }
      Thread.sleep(50);
    }
  }

  /** Waits until no event is left in the table. */
  static void awaitEmpty(Database database, JavaProcess relay)
      throws IOException, InterruptedException {
    await(
        "an empty outbox",
        relay,
        () -> database.number("SELECT COUNT(*) FROM (SELECT 1 FROM obt LIMIT 1) t") == 0);
  }

  @Override
  public void close() {
    endpointProgram.close();
  }
}
