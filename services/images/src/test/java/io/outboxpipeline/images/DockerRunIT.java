package io.outboxpipeline.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.BuiltImage;
import io.outboxpipeline.testkit.Command;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestImage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The images, run by Docker alone as the README writes it. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(DockerRunIT.PORTS)
final class DockerRunIT {
  /** Those that the documents name. */
  static final String PORTS = "8080 to 8083";

  private static final Pattern OURS = Pattern.compile(" outboxpipeline/(\\w+):\\S+");

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeEach
  void needDocker() {
    BuiltImage.need("the images", "base", "relay", "consumer", "console", "operator");
    remove();
  }

  @AfterEach
  void close() {
    http.close();
    remove();
  }

  private static void remove() {
    bash(
        Path.of("."),
        """
        docker rm -f base relay-1 relay-2 consumer mysql-base mysql-consumer >/dev/null 2>&1 || true
        docker network rm outbox >/dev/null 2>&1 || true
        """);
  }

  @Test
  void a_spending_reaches_the_consumer_by_the_readme_s_own_lines(@TempDir Path folder)
      throws IOException {
    TestImage.MYSQL.need("the images by the README's lines");
    List<String> blocks = blocks();
    assertThat(blocks).hasSize(2);
    try (var peer = EmbeddedSqs.start(0);
        // Where containers reach it.
        var sqs = new FaultySqs(peer.endpoint(), new InetSocketAddress(0), body -> {})) {
      Main.createQueue(peer.endpoint(), "spending.fifo");
      String gateway = gateway();
      Files.writeString(
          folder.resolve("aws.env"),
          String.format(
              Locale.ROOT,
              """
              AWS_REGION=eu-central-1
              AWS_ACCESS_KEY_ID=x
              AWS_SECRET_ACCESS_KEY=x
              AWS_ENDPOINT_URL_SQS=http://%s:%d
              """,
              gateway,
              sqs.endpoint().getPort()));
      bash(folder, blocks.getFirst());
      await("base").until(() -> get(8081, "/health/ready") == 200);
      bash(folder, blocks.getLast());
      await("applied").until(() -> body(8083, "/api/v1/spending?identity=alice").contains("12.50"));
      // The other relay takes over what the dead one owned.
      Docker.run("kill", "relay-1");
      bash(folder, blocks.getLast().replace("12.50", "7.25"));
      await("applied").until(() -> body(8083, "/api/v1/spending?identity=alice").contains("7.25"));
      assertThat(Docker.run("inspect", "--format={{.State.Running}}", "relay-2")).isEqualTo("true");
      Docker.run("stop", "--time=60", "relay-2");
      assertThat(Docker.run("inspect", "--format={{.State.ExitCode}}", "relay-2")).isEqualTo("0");
    }
  }

  /**
   * This machine's address as containers see it: what their default route says. (Docker tells the
   * default network's gateway only after the engine's second start.)
   */
  static String gateway() {
    String hex =
        Docker.run("run", "--rm", "--entrypoint=cat", image("base"), "/proc/net/route")
            .lines()
            .map(line -> line.split("\\s+", -1))
            .filter(columns -> columns[1].equals("00000000"))
            .findFirst()
            .orElseThrow()[2];
    return IntStream.of(6, 4, 2, 0)
        .mapToObj(at -> String.valueOf(Integer.parseInt(hex, at, at + 2, 16)))
        .collect(Collectors.joining("."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "relay", "consumer", "console", "operator"})
  void an_image_says_what_it_is_and_runs_as_nobody_in_particular(String component) {
    String of = image(component);
    assertThat(Docker.run("inspect", "--format={{.Config.User}}", of)).isEqualTo("65532:65532");
    assertThat(Docker.run("inspect", "--format={{json .Config.Labels}}", of))
        .contains("\"org.opencontainers.image.title\":\"OutboxPipeline " + component + "\"")
        .contains("\"org.opencontainers.image.version\":\"" + BuiltImage.TAG + "\"")
        .contains("\"org.opencontainers.image.licenses\":\"Apache-2.0\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "relay", "consumer"})
  void a_trained_image_uses_its_cache(String component) {
    String of = image(component);
    // Fails to start for want of settings, but not without the cache, which this mode insists on.
    String output =
        bash(
            Path.of("."),
            "docker run --rm -e JAVA_TOOL_OPTIONS=-XX:AOTMode=on " + of + " 2>&1 || true");
    assertThat(output).contains("MYSQL_DATABASE").doesNotContain("AOT cache");
  }

  @Test
  void a_wrong_setting_is_named_and_ends_it() {
    String output =
        bash(
            Path.of("."),
            "docker run --rm -e MYSQL_PORT=none %s 2>&1 || true".formatted(image("relay")));
    assertThat(output).contains("MYSQL_PORT", "MYSQL_DATABASE", "SQS_QUEUE");
  }

  private static String image(String component) {
    return new BuiltImage(component).name();
  }

  /** The README's lines, with the images of this build. */
  private static List<String> blocks() throws IOException {
    return Pattern.compile("(?s)```bash\n(.*?)```")
        .matcher(Files.readString(Path.of("README.md")))
        .results()
        .map(m -> m.group(1))
        .map(b -> b.replace("mysql:9", TestImage.MYSQL.image()))
        .map(b -> OURS.matcher(b).replaceAll(m -> " " + image(m.group(1))))
        .toList();
  }

  /** Runs a shell's lines to the first that fails, which fails the test. */
  private static String bash(Path folder, String lines) {
    return new Command(List.of("bash", "-euo", "pipefail", "-c", lines), folder, Map.of())
        .run("")
        .orFail();
  }

  private int get(int port, String path) throws InterruptedException {
    try {
      return send(port, path).statusCode();
    } catch (IOException starting) {
      return 0;
    }
  }

  private String body(int port, String path) throws InterruptedException {
    try {
      return send(port, path).body();
    } catch (IOException starting) {
      return "";
    }
  }

  private HttpResponse<String> send(int port, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
