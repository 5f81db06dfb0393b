package io.outboxpipeline.relay;

import io.outboxpipeline.runtime.ServiceMain;

/** Runs a relay as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    ServiceMain.run("relay", settings -> RelayService.start(RelaySettings.read(settings)));
  }
}
