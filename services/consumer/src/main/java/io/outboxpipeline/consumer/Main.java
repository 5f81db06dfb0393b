package io.outboxpipeline.consumer;

import io.outboxpipeline.runtime.ServiceMain;

/** The consumer as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    ServiceMain.run(
        "consumer",
        ConsumerSettings::migration,
        ConsumerTables::migrate,
        settings -> ConsumerService.start(ConsumerSettings.read(settings)));
  }
}
