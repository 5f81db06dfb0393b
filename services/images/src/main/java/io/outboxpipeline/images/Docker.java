package io.outboxpipeline.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The command line of Docker. Thread-safe. */
final class Docker {
  private Docker() {}

  /**
   * Runs a command and waits for its end.
   *
   * @return its output, without the last line's end
   * @throws IllegalStateException if it fails, with what it printed
   */
  static String run(List<String> arguments) {
    var command = new ArrayList<String>();
    command.add("docker");
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8).stripTrailing();
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed:\n" + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  static String run(String... arguments) {
    return run(List.of(arguments));
  }
}
