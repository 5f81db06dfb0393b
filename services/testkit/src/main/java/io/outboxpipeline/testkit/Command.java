package io.outboxpipeline.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/**
 * A program with its arguments, run to its end.
 *
 * @param folder where it runs
 * @param environment beside this process's own
 */
public record Command(List<String> line, Path folder, Map<String, String> environment) {
  private static final int LIMIT_MINUTES = 5;

  /**
   * What it did.
   *
   * @param output of standard output alone
   */
  public record Result(int exit, String output, String errors) {
    /** Its output; fails the test when it did not succeed. */
    public String orFail() {
      if (exit != 0) {
        Assertions.fail("exit " + exit + "\n" + errors + "\n" + output);
      }
      return output;
    }
  }

  /** In this folder, with this environment. */
  public static Command of(List<String> line) {
    return new Command(line, Path.of("."), Map.of());
  }

  /**
   * Runs it.
   *
   * @param input what it reads
   * @throws IllegalStateException if it takes more than five minutes
   */
  public Result run(String input) {
    try {
      // Files, for a child of its own that lives on would hold pipes open.
      Path in = Files.createTempFile("input", ".txt");
      Path out = Files.createTempFile("output", ".txt");
      Path err = Files.createTempFile("errors", ".txt");
      Files.writeString(in, input);
      var builder =
          new ProcessBuilder(line)
              .directory(folder.toFile())
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new IllegalStateException(line + " does not end: " + Files.readString(err));
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
}
