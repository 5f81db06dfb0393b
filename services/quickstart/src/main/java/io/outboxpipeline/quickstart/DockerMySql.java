package io.outboxpipeline.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** MySQL in a container, where there is no embedded server for a machine. */
final class DockerMySql {
  static final String DEFAULT_IMAGE = "mysql:9";

  private static final String PASSWORD = "outbox";
  private static final Duration READY_WITHIN = Duration.ofMinutes(3);

  private DockerMySql() {}

  /** Whether Docker runs here. */
  static boolean answers() {
    try {
      docker("version", "--format={{.Server.Version}}");
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Pulls the image where it must, and waits until the server takes connections. */
  static LocalDatabase start(String image) {
    String container =
        docker(
            "run",
            "--rm",
            "--detach",
            "--publish=127.0.0.1::3306",
            "--env=MYSQL_ROOT_PASSWORD=" + PASSWORD,
            image);
    AutoCloseable end = () -> docker("rm", "--force", "--volumes", container);
    try {
      String published = docker("port", container, "3306/tcp").lines().findFirst().orElseThrow();
      int port = Integer.parseInt(published.substring(published.lastIndexOf(':') + 1));
      awaitReady(port);
      return new LocalDatabase(
          "Docker, user root, password outbox", "127.0.0.1", port, "root", PASSWORD, end);
    } catch (RuntimeException e) {
      docker("rm", "--force", "--volumes", container);
      throw e;
    }
  }

  private static void awaitReady(int port) {
    String url = "jdbc:mysql://127.0.0.1:" + port + "/?allowPublicKeyRetrieval=true";
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (true) {
      try (var c = DriverManager.getConnection(url, "root", PASSWORD)) {
        if (c.isValid(1)) {
          return;
        }
      } catch (SQLException e) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("MySQL in Docker does not answer: " + e.getMessage(), e);
        }
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What it printed. */
  private static String docker(String... arguments) {
    var line = new ArrayList<String>(List.of("docker"));
    line.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(line).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      String errors = new String(process.getErrorStream().readAllBytes(), UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new IllegalStateException("docker " + arguments[0] + ": " + errors);
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException("docker " + arguments[0] + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
