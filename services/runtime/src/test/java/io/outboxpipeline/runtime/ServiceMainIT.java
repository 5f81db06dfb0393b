package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ServiceMainIT {

  /** What a process wrote, and how it ended. */
  private record Ended(int code, String out) {}

  private static Process start(Map<String, String> environment) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // Not the one that tests have.
            "-Dlogback.configurationFile=logback.xml",
            "-cp",
            System.getProperty("java.class.path"),
            ExampleMain.class.getName());
    builder.redirectErrorStream(true);
    builder.environment().put("SERVER_HOST", "127.0.0.1");
    builder.environment().putAll(environment);
    Process process = builder.start();
    // One that hangs must end the test, which reads until it ends.
    CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroyForcibly);
    return process;
  }

  private static Ended run(Map<String, String> environment) throws Exception {
    Process process = start(environment);
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), out);
  }

  /**
   * Starts, waits until it listens, and sends SIGTERM (destroy of Process would close its output).
   */
  private static Ended terminate(Map<String, String> environment) throws Exception {
    Process process = start(environment);
    try (BufferedReader out = process.inputReader()) {
      List<String> lines = new ArrayList<>();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.contains("listens on port")) {
          process.toHandle().destroy();
        }
      }
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return new Ended(process.exitValue(), String.join("\n", lines));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void sigterm_drains_and_ends_with_0() throws Exception {
    Ended ended = terminate(Map.of());
    assertThat(ended.code()).as(ended.out()).isZero();
    assertThat(ended.out())
        .containsSubsequence(
            "example listens on port", "example stops", "drains", "example stopped");
  }

  @Test
  void a_stop_that_takes_longer_than_the_grace_ends_with_1() throws Exception {
    Ended ended = terminate(Map.of("EXAMPLE_HANG", "true", "SERVER_SHUTDOWN_GRACE", "1s"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).contains("did not stop within PT1S");
  }

  @Test
  void logs_are_text_and_quiet_unless_told_otherwise() throws Exception {
    Ended ended = terminate(Map.of());
    assertThat(ended.out())
        .contains("by System.Logger", "by java.util.logging")
        .doesNotContain("too much detail", "helidon", "{\"");
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      Ended quiet = run(Map.of("SERVER_PORT", port, "LOG_LEVEL", "warn"));
      assertThat(quiet.out()).contains(port).doesNotContain("by System.Logger");
    }
  }

  @Test
  void input_never_looks_like_a_line_of_its_own() throws Exception {
    String forged = "a\r\n2026-11-30T00:00:00.000Z ERROR forged\u001b[31m\u2028x\u202ey\u0085z\tü";
    Ended ended = terminate(Map.of("EXAMPLE_INPUT", forged));
    String escaped =
        "a\\r\\n2026-11-30T00:00:00.000Z ERROR forged\\u001b[31m\\u2028x\\u202ey\\u0085z\\tü";
    assertThat(ended.out().lines().filter(l -> l.contains("forged")))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).contains(escaped))
        .noneSatisfy(line -> assertThat(line).startsWith("2026-11-30T00:00:00.000Z"));
    assertThat(ended.out())
        .contains("WARN  i.o.example - input a\\r")
        .contains("Caused by: java.lang.IllegalArgumentException: a\\r")
        .contains("\tat io.outboxpipeline");
  }

  @Test
  void log_settings_may_end_with_a_line_break() throws Exception {
    Ended ended = terminate(Map.of("LOG_FORMAT", "json\n", "LOG_LEVEL", "info\r\n"));
    assertThat(ended.out()).contains("\"formattedMessage\":\"example listens on port");
  }

  @Test
  void logs_are_json_by_a_setting() throws Exception {
    Process process = start(Map.of("LOG_FORMAT", "json"));
    try (BufferedReader out = process.inputReader()) {
      List<String> messages = new ArrayList<>();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        try (var reader = Json.createReader(new StringReader(line))) {
          var json = reader.readObject();
          assertThat(json.getString("level")).isEqualTo("INFO");
          assertThat(json.getJsonNumber("timestamp").longValue()).isPositive();
          messages.add(json.getString("formattedMessage"));
        }
        if (line.contains("listens on port")) {
          process.toHandle().destroy();
        }
      }
      assertThat(messages).contains("by System.Logger", "by java.util.logging", "example stopped");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void a_port_in_use_is_one_sentence_and_1() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Ended ended = run(Map.of("SERVER_PORT", String.valueOf(taken.getLocalPort())));
      assertThat(ended.code()).isEqualTo(1);
      assertThat(lastLine(ended))
          .startsWith("example: example cannot listen on 127.0.0.1:" + taken.getLocalPort());
      assertThat(ended.out()).doesNotContain("\tat ");
    }
  }

  private static String lastLine(Ended ended) {
    return ended.out().lines().reduce((a, b) -> b).orElse("");
  }

  @Test
  void bad_settings_are_named_together_and_1() throws Exception {
    Ended ended = run(Map.of("SERVER_PORT", "many", "EXAMPLE_BROKEN", "perhaps"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out())
        .contains("example: 2 settings are wrong:", "SERVER_PORT", "EXAMPLE_BROKEN")
        .doesNotContain("\tat ");
    assertThat(run(Map.of("LOG_FORMAT", "xml")).out())
        .contains("LOG_FORMAT) is \"xml\": must be text or json");
    assertThat(run(Map.of("CONFIG_FILE", "/nowhere.yaml")).out())
        .contains("the settings file /nowhere.yaml does not exist");
  }

  @Test
  void what_nobody_expected_is_logged_and_1() throws Exception {
    Ended ended = run(Map.of("EXAMPLE_BROKEN", "true"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).contains("example did not start", "example is broken", "\tat ");
  }
}
