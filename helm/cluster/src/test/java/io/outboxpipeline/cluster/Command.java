package io.outboxpipeline.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of this machine. */
final class Command {
  private static final Path ROOT = Path.of("..", "..");

  private Command() {}

  /** Whether the program can be run here. */
  static boolean exists(String program) {
    return List.of(System.getenv("PATH").split(java.io.File.pathSeparator)).stream()
        .anyMatch(folder -> Path.of(folder, program).toFile().canExecute());
  }

  /**
   * Runs it at the top of the project, and waits for its end.
   *
   * @param input what it reads
   * @return all that it printed, without the last line's end
   * @throws IllegalStateException if it fails or takes more than five minutes
   */
  static String run(Map<String, String> environment, String input, List<String> command) {
    try {
      var builder = new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      try (var to = process.getOutputStream()) {
        to.write(input.getBytes(UTF_8));
      }
      var output = new StringBuilder();
      Thread reader =
          Thread.startVirtualThread(
              () -> process.inputReader(UTF_8).lines().forEach(l -> output.append(l).append('\n')));
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " doesn't end");
      }
      reader.join();
      if (process.exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ":\n" + output);
      }
      return output.toString().stripTrailing();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
