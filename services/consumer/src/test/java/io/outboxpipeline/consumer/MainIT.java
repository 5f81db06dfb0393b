package io.outboxpipeline.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The consumer as a process of its own. */
final class MainIT {

  private static Process start(Path log, Map<String, String> environment) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    builder.environment().keySet().removeIf(k -> k.startsWith("MYSQL_"));
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true).redirectOutput(Redirect.to(log.toFile())).start();
  }

  @Test
  void it_is_configured_by_its_environment_and_stops_on_sigterm_with_0(@TempDir Path folder)
      throws Exception {
    Database database = TestDatabase.preferred().create();
    Path log = folder.resolve("log");
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (var sqs = EmbeddedSqs.start(0);
        var pipe = Pipe.fifo(sqs, database)) {
      Process process =
          start(
              log,
              Map.ofEntries(
                  Map.entry("MYSQL_HOST", database.host()),
                  Map.entry("MYSQL_PORT", Integer.toString(database.port())),
                  Map.entry("MYSQL_DATABASE", database.name()),
                  Map.entry("MYSQL_USER", database.user()),
                  Map.entry("MYSQL_PASSWORD", database.password()),
                  Map.entry("MYSQL_SSL_MODE", "preferred"),
                  Map.entry("SQS_QUEUE", pipe.settingsHere().sqs().queue()),
                  Map.entry("AWS_ENDPOINT_URL_SQS", sqs.endpoint().toString()),
                  Map.entry("AWS_REGION", "eu-central-1"),
                  Map.entry("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                  Map.entry("AWS_SECRET_ACCESS_KEY", "top-secret"),
                  Map.entry("CONSUMER_POLL_WAIT", "1s"),
                  Map.entry("SERVER_PORT", Integer.toString(port))));
      try {
        pipe.send(Pipe.event("alice", 1), Pipe.event("alice", 2));
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> assertThat(pipe.applied("alice")).isEqualTo(Pipe.numbers(1, 2)));
        assertThat(ready(port)).isEqualTo(200);
        process.destroy();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> read(log)).isZero();
        assertThat(pipe.held()).isZero();
        assertThat(read(log)).doesNotContain("top-secret");
      } finally {
        process.destroyForcibly();
      }
    }
  }

  @Test
  void bad_settings_end_it_with_one_message(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    Process process = start(log, Map.of("CONSUMER_LOOPS", "none"));
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(read(log))
        .contains("CONSUMER_LOOPS", "MYSQL_DATABASE", "SQS_QUEUE")
        .doesNotContain("Exception");
  }

  private static int ready(int port) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                .build(),
            BodyHandlers.ofString())
        .statusCode();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
