package io.outboxpipeline.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A program that tests need, on the PATH or where an environment variable of its name says, such as
 * {@code HELM}. Where there is none the calling test is left out, and says so; with {@code
 * OUTBOXPIPELINE_ALL_TESTS=1} it fails instead, unless {@code OUTBOXPIPELINE_WITHOUT} names the
 * program.
 */
public enum Program {
  ACTIONLINT,
  CHECKOV,
  CHROMEDRIVER,
  CHROMIUM,
  DYNOXIDE,
  HELM,
  KUBECTL,
  KUBE_SCORE,
  PROMTOOL,
  PROSELINT,
  SCHEMATHESIS;

  /** Runs it with nothing on its standard input. */
  public Command.Result run(String... arguments) {
    return run("", List.of(arguments));
  }

  /** Runs it to its end. */
  public Command.Result run(String input, List<String> arguments) {
    var line = new ArrayList<String>();
    line.add(path());
    line.addAll(arguments);
    return Command.of(line).run(input);
  }

  /** Where it is; without it the calling test ends here. */
  public String path() {
    return find()
        .orElseGet(
            () ->
                leaveOut(label(), label() + " is not on the PATH, and " + name() + " names none"));
  }

  /**
   * Leaves the calling test out, and says so, or fails it where every test is to run.
   *
   * @param label what {@code OUTBOXPIPELINE_WITHOUT} calls that which is missing
   */
  public static String leaveOut(String label, String missing) {
    if ("1".equals(System.getenv("OUTBOXPIPELINE_ALL_TESTS")) && !expected(label)) {
      Assertions.fail(missing);
    }
    System.out.println("[LEFT OUT] a test: " + missing);
    return Assumptions.abort(missing);
  }

  private Optional<String> find() {
    String named = System.getenv(name());
    if (named != null) {
      return Optional.of(named);
    }
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, label()))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  /** Whether somebody knows that this machine has none. */
  private static boolean expected(String label) {
    return List.of(System.getenv().getOrDefault("OUTBOXPIPELINE_WITHOUT", "").split(" ", -1))
        .contains(label);
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
