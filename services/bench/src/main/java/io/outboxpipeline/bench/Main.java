package io.outboxpipeline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.mysql.cj.jdbc.MysqlDataSource;
import io.outboxpipeline.outbox.Schema;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** Runs the scenarios one after the other and prints a table. */
public final class Main {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int EVENTS = Integer.getInteger("bench.events", 200_000);
  private static final int AGGREGATES = 10_000;
  private static final int HAND_WRITTEN = 2_000;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private static final Path LOGS = Path.of("target", "bench-logs");

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = JavaProcess.freePort();
  private final URI endpoint = URI.create("http://127.0.0.1:" + port);

  private Main() {}

  public static void main(String[] args) throws Exception {
    System.out.printf(
        "%s, %d cores, %s, Java %s%n",
        TestDatabase.preferred(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.version"),
        Runtime.version());
    new Main().run();
    System.exit(0);
  }

  private void run() throws Exception {
    try (var _ =
        JavaProcess.start(
            "endpoint",
            Endpoint.class,
            Map.of("ENDPOINT_PORT", Integer.toString(port)),
            LOGS,
            List.of("-XX:+UseSerialGC", "-Xmx256m"))) {
      awaitEndpoint();
      Database limit = filled(EVENTS, AGGREGATES);
      double rows = DatabaseLimit.drain(source(limit));
      line("database alone, rows read and deleted", rows, Optional.empty());
      double hand = handWritten();
      line("hand-written relay", hand, Optional.of(summary()));
      drain("drain, endpoint at once", EVENTS, AGGREGATES, 0, rows, hand);
      drain("drain, endpoint after 8 ms", EVENTS, AGGREGATES, 8, rows, hand);
      drain("one hot aggregate, 8 ms", EVENTS / 4, 1, 8, rows, hand);
    }
  }

  private void drain(
      String what, int events, int aggregates, int latency, double limit, double hand)
      throws Exception {
    Database database = filled(events, aggregates);
    reset(latency);
    var environment =
        Map.of(
            "MYSQL_HOST", database.host(),
            "MYSQL_PORT", Integer.toString(database.port()),
            "MYSQL_DATABASE", database.name(),
            "MYSQL_USER", database.user(),
            "MYSQL_PASSWORD", database.password(),
            "SERVER_PORT", Integer.toString(JavaProcess.freePort()),
            "SQS_QUEUE", "bench.fifo",
            "AWS_ENDPOINT_URL_SQS", endpoint.toString(),
            "AWS_REGION", "eu-central-1");
    var credentials = Map.of("AWS_ACCESS_KEY_ID", "x", "AWS_SECRET_ACCESS_KEY", "x");
    var all = new HashMap<>(environment);
    all.putAll(credentials);
    try (var relay =
        JavaProcess.start(
            "relay",
            io.outboxpipeline.relay.Main.class,
            all,
            LOGS,
            List.of("-XX:+UseSerialGC", "-Xmx128m"))) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (database.number("SELECT COUNT(*) FROM obt") > 0) {
        if (System.nanoTime() - deadline > 0 || !relay.isAlive()) {
          throw new IllegalStateException(what + " did not end");
        }
        Thread.sleep(200);
      }
    }
    Arrivals.Summary summary = summary();
    if (summary.events() != events || summary.violations() > 0) {
      throw new IllegalStateException(what + ": lost or out of order: " + summary);
    }
    line(what, summary.perSecond(), Optional.of(summary));
    System.out.printf(
        "    %.2f of the database's limit, %.1f times the hand-written relay%n",
        summary.perSecond() / limit, summary.perSecond() / hand);
  }

  private double handWritten() throws Exception {
    Database database = filled(HAND_WRITTEN, AGGREGATES);
    reset(0);
    var settings =
        new SqsSettings(
            "bench.fifo",
            Optional.empty(),
            Optional.of(endpoint),
            Optional.of("eu-central-1"),
            Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
    try (var sqs = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 1)) {
      String url = SqsSettings.url(sqs, "bench.fifo");
      return HandWritten.drain(source(database), sqs, url, HAND_WRITTEN);
    }
  }

  private static Database filled(int events, int aggregates) throws SQLException {
    Database database = TestDatabase.preferred().create();
    Schema.migrate(database.dataSource());
    Fill.backlog(source(database), events, aggregates);
    return database;
  }

  private static MysqlDataSource source(Database database) {
    var source = new MysqlDataSource();
    source.setUrl(
        database.jdbcUrl() + "?rewriteBatchedStatements=true&transactionIsolation=READ-COMMITTED");
    source.setUser(database.user());
    source.setPassword(database.password());
    return source;
  }

  private static void line(String what, double perSecond, Optional<Arrivals.Summary> summary) {
    System.out.printf(
        "%-44s %,10.0f/s  %s%n", what, perSecond, summary.map(Object::toString).orElse(""));
  }

  private void reset(int latency) throws IOException, InterruptedException {
    http.send(
        HttpRequest.newBuilder(endpoint.resolve("/reset?latency=" + latency))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  private Arrivals.Summary summary() throws IOException, InterruptedException {
    return JSON.readValue(
        http.send(
                HttpRequest.newBuilder(endpoint.resolve("/summary")).build(),
                HttpResponse.BodyHandlers.ofByteArray())
            .body(),
        Arrivals.Summary.class);
  }

  private void awaitEndpoint() throws InterruptedException {
    for (int i = 0; i < 300; i++) {
      try {
        summary();
        return;
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    throw new IllegalStateException("the endpoint did not start");
  }
}
