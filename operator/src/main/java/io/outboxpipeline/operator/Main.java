package io.outboxpipeline.operator;

import io.outboxpipeline.runtime.InvalidSettings;
import io.outboxpipeline.runtime.ServiceMain;
import io.outboxpipeline.runtime.Settings;
import java.net.URI;
import java.time.Duration;

/**
 * Runs the operator as a process; or, for the chart's hooks, `uninstall` or `reachable URL`, which
 * end with 0, or with 1 and the reason.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    switch (args.length == 0 ? "" : args[0]) {
      case "" ->
          ServiceMain.run(
              "operator", settings -> OperatorService.start(OperatorSettings.read(settings)));
      case "uninstall" -> end(() -> Uninstall.run(Settings.load()));
      case "reachable" -> end(() -> Reachable.await(URI.create(args[1]), Duration.ofMinutes(2)));
      default ->
          end(
              () -> {
                throw new IllegalStateException("there is no task " + args[0]);
              });
    }
  }

  @SuppressWarnings("SystemOut") // its whole output, in a pod that ends
  private static void end(Task task) {
    ServiceMain.routeLogs();
    try {
      task.run();
    } catch (InvalidSettings | IllegalStateException | InterruptedException e) {
      System.err.println(e.getMessage());
      Runtime.getRuntime().halt(1);
    }
    Runtime.getRuntime().halt(0);
  }

  /** What a process is started for, and then ends. */
  private interface Task {
    void run() throws InterruptedException;
  }
}
