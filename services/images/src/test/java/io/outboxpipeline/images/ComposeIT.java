package io.outboxpipeline.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.BuiltImage;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestImage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * What services/quickstart/compose.yaml names, run by Docker alone: its images, variables, ports
 * and files. Only ElasticMQ is no container: its program runs here, with the file's configuration.
 */
@ResourceLock(DockerRunIT.PORTS)
final class ComposeIT {
  private static final Path FILE = Path.of("..", "quickstart", "compose.yaml");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+):-([^}]*)}");
  private static final String NETWORK = "outboxpipeline-compose";
  private static final List<String> SERVICES =
      List.of("mysql", "base", "relay-1", "relay-2", "consumer", "console");

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir private Path folder;

  @BeforeEach
  void needImages() {
    BuiltImage.need("compose.yaml", "base", "relay", "consumer", "console");
    TestImage.MYSQL.need("compose.yaml");
    remove();
    Docker.run("network", "create", NETWORK);
  }

  @AfterEach
  void close() {
    http.close();
    remove();
  }

  private static void remove() {
    for (String service : SERVICES) {
      quietly("rm", "--force", "--volumes", container(service));
    }
    quietly("network", "rm", NETWORK);
  }

  private static void quietly(String... command) {
    try {
      Docker.run(command);
    } catch (IllegalStateException absent) {
      // As it should be.
    }
  }

  private static String container(String service) {
    return NETWORK + "-" + service;
  }

  @Test
  void a_spending_reaches_the_consumer_and_the_console_lets_one_in() throws Exception {
    Map<String, Object> compose = compose();
    Map<String, Object> services = map(compose.get("services"));
    assertThat(services.keySet()).containsAll(SERVICES).hasSize(SERVICES.size() + 1);
    Path queues = config(compose, "queues");
    int port = JavaProcess.freePort();
    try (var _ =
        JavaProcess.start(
            "elasticmq",
            org.elasticmq.server.Main.class,
            Map.of(),
            Path.of("target"),
            List.of(
                "-Dconfig.file=" + queues,
                "-Drest-sqs.bind-port=" + port,
                "-Drest-stats.enabled=false"))) {
      String sqs = "http://" + DockerRunIT.gateway() + ":" + port;
      for (String service : SERVICES) {
        run(service, map(services.get(service)), compose, sqs);
        if (service.equals("mysql")) {
          awaitHealthy(map(services.get(service)));
        }
      }
      await("base").until(() -> ask(get(8081, "/health/ready")).startsWith("200"));
      var post =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:8081/api/v1/spending"))
              .header("content-type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"identity\":\"ada\",\"name\":\"Ada\",\"surname\":\"L\",\"amount\":\"12.50\"}"));
      await().until(() -> ask(post).startsWith("201"));
      await("applied")
          .until(() -> ask(get(8083, "/api/v1/spending?identity=ada")).contains("12.50"));
      await("console")
          .untilAsserted(
              () ->
                  assertThat(
                          ask(
                              get(8080, "/api/v1/pipelines/spending/partitions")
                                  .header("authorization", "Bearer operator-of-a-laptop")))
                      .startsWith("200")
                      .contains("relay-1", "relay-2"));
    }
  }

  private static HttpRequest.Builder get(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private String ask(HttpRequest.Builder request) throws InterruptedException {
    try {
      var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    } catch (IOException starting) {
      return starting.toString();
    }
  }

  private void run(
      String name, Map<String, Object> service, Map<String, Object> compose, String sqs)
      throws IOException {
    var line =
        new ArrayList<String>(
            List.of(
                "run",
                "--detach",
                "--name=" + container(name),
                "--network=" + NETWORK,
                "--network-alias=" + name));
    Optional.ofNullable(service.get("restart")).ifPresent(r -> line.add("--restart=" + r));
    map(service.get("environment"))
        .forEach(
            (key, value) -> {
              line.add("--env");
              line.add(key + "=" + String.valueOf(value).replace("http://elasticmq:9324", sqs));
            });
    for (Object published : list(service.get("ports"))) {
      line.add("--publish=" + published);
    }
    for (Object mounted : list(service.get("configs"))) {
      Path file = config(compose, String.valueOf(map(mounted).get("source")));
      line.add("--volume=" + file + ":" + map(mounted).get("target") + ":ro");
    }
    line.add(String.valueOf(service.get("image")));
    Docker.run(line);
  }

  private static void awaitHealthy(Map<String, Object> service) {
    List<Object> test = list(map(service.get("healthcheck")).get("test"));
    assertThat(test.getFirst()).isEqualTo("CMD-SHELL");
    await("mysql")
        .ignoreExceptions()
        .until(
            () ->
                Docker.run("exec", container("mysql"), "sh", "-c", String.valueOf(test.getLast()))
                    != null);
  }

  private Path config(Map<String, Object> compose, String name) throws IOException {
    Object content = map(map(compose.get("configs")).get(name)).get("content");
    // Docker's engine may run as somebody else.
    Path file = Files.writeString(folder.resolve(name), String.valueOf(content));
    assertThat(file.toFile().setReadable(true, false)).isTrue();
    return file;
  }

  /** The file, with this build's images. */
  private static Map<String, Object> compose() throws IOException {
    Map<String, String> variables =
        Map.of(
            "IMAGE_PREFIX", new BuiltImage("base").name().replaceFirst("/base:.*", ""),
            "IMAGE_TAG", BuiltImage.TAG,
            "MYSQL_IMAGE", TestImage.MYSQL.image());
    String text =
        VARIABLE
            .matcher(Files.readString(FILE))
            .replaceAll(
                m -> Matcher.quoteReplacement(variables.getOrDefault(m.group(1), m.group(2))));
    return map(new Yaml(new SafeConstructor(new LoaderOptions())).load(text));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(@Nullable Object value) {
    return value == null ? Map.of() : (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(@Nullable Object value) {
    return value == null ? List.of() : (List<Object>) value;
  }
}
