package io.outboxpipeline.console;

import io.outboxpipeline.runtime.ServiceMain;
import java.security.Security;

/** The console as a process. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    // Pods come and go: an address of one that is gone must not be asked for half a minute.
    Security.setProperty("networkaddress.cache.ttl", "2");
    ServiceMain.run("console", settings -> ConsoleService.start(ConsoleSettings.read(settings)));
  }
}
