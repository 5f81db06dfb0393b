package io.outboxpipeline.cloudformation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/**
 * A Python with what {@code requirements.txt} pins, in a folder of the build's own.
 *
 * <p>Where there is no Python, or no way to download from its package index, the calling test is
 * left out (a JUnit assumption), and says so.
 */
final class Python {
  private static final Path HOME = Path.of("target", "python").toAbsolutePath();
  private static final Path REQUIREMENTS = Path.of("requirements.txt");
  private static final Pattern NO_NETWORK =
      Pattern.compile(
          "NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|Max retries exceeded"
              + "|Network is unreachable|Temporary failure in name resolution");

  /** Why there is none; empty if there is. */
  private static final String MISSING = prepare();

  /**
   * What a program did.
   *
   * @param output both its standard output and its errors
   */
  record Result(int exit, String output) {}

  private Python() {}

  /** A program of the environment, such as {@code cfn-lint} or {@code python}. */
  static String program(String name) {
    if (!MISSING.isEmpty()) {
      System.out.println("[LEFT OUT] tests with cfn-lint and moto: " + MISSING);
      Assumptions.abort(MISSING);
    }
    return HOME.resolve("bin").resolve(name).toString();
  }

  /** Runs a command to its end. */
  static Result run(List<String> command) {
    try {
      Path output = Files.createTempFile("output", ".txt");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException(command + " does not end: " + Files.readString(output));
      }
      String text = Files.readString(output);
      Files.delete(output);
      return new Result(process.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String prepare() {
    Path done = HOME.resolve("requirements.txt");
    String wanted = Template.text(REQUIREMENTS);
    if (Files.exists(done) && Template.text(done).equals(wanted)) {
      return "";
    }
    try {
      Result made = run(List.of("python3", "-m", "venv", "--clear", HOME.toString()));
      if (made.exit() != 0) {
        return "python3 makes no virtual environment: " + made.output();
      }
    } catch (UncheckedIOException e) {
      return "there is no python3";
    }
    Result installed =
        run(
            List.of(
                HOME.resolve("bin/python").toString(),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
                REQUIREMENTS.toString()));
    if (installed.exit() != 0) {
      if (NO_NETWORK.matcher(installed.output()).find()) {
        return "Python's package index can't be reached";
      }
      throw new IllegalStateException(installed.output());
    }
    try {
      Files.writeString(done, wanted);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "";
  }
}
