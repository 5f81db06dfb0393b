package io.outboxpipeline.console;

import io.outboxpipeline.runtime.ServiceMain;

/** The console as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    ServiceMain.run("console", settings -> ConsoleService.start(ConsoleSettings.read(settings)));
  }
}
