package io.outboxpipeline.images;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One service in a container that records what it loads and what becomes hot, and that leaves an
 * ahead-of-time cache (JEP 483, 514 and 515) when it ends.
 */
final class Service implements AutoCloseable {
  private static final String CACHE = "service.aot";
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final String image;
  private final Path folder;
  private final int port;
  private final String container;

  private Service(String image, Path folder, int port, String container) {
    this.image = image;
    this.folder = folder;
    this.port = port;
    this.container = container;
  }

  /** Starts one on the host's network. */
  static Service start(String image, Path folder, Map<String, String> environment)
      throws IOException {
    Files.createDirectories(folder);
    // The user inside is not the one outside.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.deleteIfExists(folder.resolve(CACHE));
    int port = freePort();
    var command = new ArrayList<String>(List.of("run", "--detach", "--network=host"));
    command.add("--volume=" + folder.toAbsolutePath() + ":/trained");
    command.add("--env=SERVER_PORT=" + port);
    command.add("--env=SERVER_MANAGEMENT_PORT=" + port);
    command.add("--env=JAVA_TOOL_OPTIONS=-XX:AOTCacheOutput=/trained/" + CACHE);
    environment.forEach((name, value) -> command.add("--env=" + name + "=" + value));
    command.add(image);
    return new Service(image, folder, port, Docker.run(command));
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  void awaitReady(HttpClient http) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!ready(http)) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(image + " isn't ready:\n" + Docker.run("logs", container));
      }
      Thread.sleep(100);
    }
  }

  private boolean ready(HttpClient http) throws InterruptedException {
    try {
      var request = HttpRequest.newBuilder(uri("/health/ready")).build();
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException starting) {
      return false;
    }
  }

  /** Stops it, waits for its cache, and puts that into the image, under the image's own name. */
  void finish() throws IOException {
    Docker.run("stop", "--time=120", container);
    if (!Files.exists(folder.resolve(CACHE))) {
      throw new IllegalStateException(
          image + " left no cache:\n" + Docker.run("logs", "--tail=50", container));
    }
    String start = Docker.run("inspect", "--format={{json .Config.Entrypoint}}", image);
    if (!start.startsWith("[\"java\",")) {
      throw new IllegalStateException(image + " starts with " + start);
    }
    Files.writeString(
        folder.resolve("Dockerfile"),
        """
        FROM %s
        COPY %s /app/
        ENTRYPOINT ["java","-XX:AOTCache=/app/%s",%s
        """
            .formatted(image, CACHE, CACHE, start.substring("[\"java\",".length())));
    Docker.run("build", "--tag=" + image, folder.toString());
  }

  /** Removes the container. */
  @Override
  public void close() {
    Docker.run("rm", "--force", container);
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
