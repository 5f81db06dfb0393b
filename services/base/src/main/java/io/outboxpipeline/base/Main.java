package io.outboxpipeline.base;

import io.outboxpipeline.runtime.ServiceMain;

/** The base as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    ServiceMain.run(
        "base",
        BaseSettings::migration,
        DatabaseWatch::migrate,
        settings -> BaseService.start(BaseSettings.read(settings)));
  }
}
