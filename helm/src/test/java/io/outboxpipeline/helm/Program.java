package io.outboxpipeline.helm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A program that tests need, on the PATH or where an environment variable of its name says, such as
 * {@code HELM}. Where there is none the calling test is left out, and says so; with {@code
 * OUTBOXPIPELINE_ALL_TESTS=1} it fails instead.
 */
enum Program {
  HELM,
  KUBECTL,
  PROMTOOL;

  /**
   * What it did.
   *
   * @param output of standard output alone
   */
  record Result(int exit, String output, String errors) {
    /** Its output; fails the test when it did not succeed. */
    String orFail() {
      if (exit != 0) {
        Assertions.fail("exit " + exit + "\n" + errors + "\n" + output);
      }
      return output;
    }
  }

  /** Runs it with nothing on its standard input. */
  Result run(String... arguments) {
    return run("", List.of(arguments));
  }

  /** Runs it to its end. */
  Result run(String input, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(path());
    command.addAll(arguments);
    try {
      Path in = Files.createTempFile("input", ".txt");
      Path out = Files.createTempFile("output", ".txt");
      Path err = Files.createTempFile("errors", ".txt");
      Files.writeString(in, input);
      Process process =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException(command + " does not end: " + Files.readString(err));
      }
      var result =
          new Result(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err));
      for (Path file : List.of(in, out, err)) {
        Files.delete(file);
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private String path() {
    return find()
        .orElseGet(
            () -> {
              String missing = label() + " is not on the PATH, and " + name() + " names none";
              if ("1".equals(System.getenv("OUTBOXPIPELINE_ALL_TESTS"))) {
                Assertions.fail(missing);
              }
              System.out.println("[LEFT OUT] a test of the chart: " + missing);
              return Assumptions.abort(missing);
            });
  }

  private Optional<String> find() {
    String named = System.getenv(name());
    if (named != null) {
      return Optional.of(named);
    }
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> Stream.of(Path.of(folder, label())))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
