package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each program runs as a user that has what docs/grants.sql gives it, and nothing else. */
final class GrantsIT {
  private static final Path LOGS = Path.of("target", "grants-logs");
  private static final Path GRANTS = Path.of("..", "..", "docs", "grants.sql");
  private static final String PASSWORD = "change-me";

  /** The statements of the file, for these two databases, with users of this test's own. */
  private static List<String> grants(boolean migrators, Database outbox, Database inbox)
      throws IOException {
    String text = Files.readString(GRANTS);
    int rest = text.indexOf("-- 2. ");
    assertThat(rest).isPositive();
    String part = migrators ? text.substring(0, rest) : text.substring(rest);
    String sql =
        part.lines().filter(l -> !l.startsWith("--")).reduce("", (all, l) -> all + l + "\n");
    return Stream.of(sql.split(";", -1))
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .map(
            s ->
                s.replace("`outbox`.", outbox.name() + ".").replace("`inbox`.", inbox.name() + "."))
        .map(s -> s.replaceAll("'((outbox|inbox)_\\w+)'@", "'$1_" + outbox.name() + "'@"))
        .toList();
  }

  private static Database as(String user, Database outbox, Database database) {
    return new Database(
        database.host(), database.port(), database.name(), user + "_" + outbox.name(), PASSWORD);
  }

  private static void migrate(String name, Class<?> main, Database database) throws IOException {
    try (JavaProcess migrator =
        JavaProcess.start(
            name + "-" + database.name(),
            main,
            Map.of(
                "MIGRATE", "only",
                "MYSQL_HOST", database.host(),
                "MYSQL_PORT", Integer.toString(database.port()),
                "MYSQL_DATABASE", database.name(),
                "MYSQL_USER", database.user(),
                "MYSQL_PASSWORD", database.password(),
                "MYSQL_SSL_MODE", "preferred",
                "JAVA_TOOL_OPTIONS", "-Dlogback.configurationFile=logback.xml"),
            LOGS,
            JavaProcess.QUICK_START)) {
      assertThat(migrator.output(180)).contains("the tables are up to date");
    }
  }

  @ParameterizedTest
  @EnumSource(TestDatabase.class)
  void each_program_runs_with_its_rights_and_changes_no_table(TestDatabase server)
      throws Exception {
    Database outbox = server.create();
    Database inbox = server.create();
    outbox.execute(grants(true, outbox, inbox).toArray(String[]::new));
    migrate(
        "migrate-outbox", io.outboxpipeline.base.Main.class, as("outbox_migrator", outbox, outbox));
    migrate(
        "migrate-inbox",
        io.outboxpipeline.consumer.Main.class,
        as("inbox_migrator", outbox, inbox));
    outbox.execute(grants(false, outbox, inbox).toArray(String[]::new));

    Database writer = as("outbox_writer", outbox, outbox);
    Database relay = as("outbox_relay", outbox, outbox);
    Database consumer = as("inbox_consumer", outbox, inbox);
    try (var sqs = EmbeddedSqs.start(0);
        var http = HttpClient.newHttpClient();
        var pipeline =
            new Pipeline(
                writer, relay, consumer, sqs.endpoint(), LOGS.resolve(server.name()), false)) {
      Pipeline.createQueue(sqs.endpoint(), Map.of());
      pipeline.neverMigrates();
      pipeline.startBase("base");
      pipeline.startRelay("relay");
      pipeline.startConsumer("consumer");
      for (String name : List.of("base", "relay", "consumer")) {
        await()
            .untilAsserted(
                () ->
                    assertThat(
                            Pipeline.ask(
                                http, HttpRequest.newBuilder(pipeline.uri(name, "/health/ready"))))
                        .startsWith("200"));
      }
      String spending =
          "{\"identity\":\"ada\",\"name\":\"Ada\",\"surname\":\"Lovelace\",\"amount\":\"1.00\"}";
      for (int n = 1; n <= 3; n++) {
        assertThat(
                Pipeline.ask(
                    http,
                    HttpRequest.newBuilder(pipeline.uri("base", "/api/v1/spending"))
                        .header("content-type", "application/json")
                        .header("Idempotency-Key", "key-" + n)
                        .POST(HttpRequest.BodyPublishers.ofString(spending))))
            .startsWith("201");
      }
      await()
          .untilAsserted(
              () -> assertThat(inbox.number("SELECT COUNT(*) FROM obt_spending")).isEqualTo(3));
      await().untilAsserted(() -> assertThat(outbox.number("SELECT COUNT(*) FROM obt")).isZero());
    }
    // What a console asks for.
    assertThat(relay.number("SELECT COUNT(*) FROM obt_decision")).isZero();
    assertThat(consumer.number("SELECT COUNT(*) FROM consumer_decision")).isZero();
    relay.execute("UPDATE obt_job SET worker = '' WHERE id IN (SELECT job FROM obt_job_item)");
    consumer.execute(
        "UPDATE consumer_job SET worker = '' WHERE id IN (SELECT job FROM consumer_job_item)");
    for (Database user : List.of(writer, relay, consumer)) {
      for (String change :
          List.of(
              "CREATE TABLE more (id INT PRIMARY KEY)",
              "ALTER TABLE obt_spending ADD COLUMN more INT",
              "DROP TABLE obt_spending")) {
        assertThatThrownBy(() -> user.execute(change)).hasMessageContaining("denied");
      }
    }
    assertThatThrownBy(() -> relay.execute("INSERT INTO obt_aggregate VALUES ('a', 'b', 1)"))
        .hasMessageContaining("denied");
    assertThatThrownBy(() -> writer.execute("SELECT * FROM obt_lease"))
        .hasMessageContaining("denied");
  }
}
