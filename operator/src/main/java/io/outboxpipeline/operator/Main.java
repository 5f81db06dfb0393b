package io.outboxpipeline.operator;

import io.outboxpipeline.runtime.ServiceMain;

/** Runs the operator as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    ServiceMain.run("operator", settings -> OperatorService.start(OperatorSettings.read(settings)));
  }
}
