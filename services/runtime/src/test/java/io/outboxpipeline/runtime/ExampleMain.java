package io.outboxpipeline.runtime;

import java.util.logging.Logger;

/** A process for {@link ServiceMainIT}. */
final class ExampleMain {
  private ExampleMain() {}

  public static void main(String[] args) {
    ServiceMain.run("example", ExampleMain::start);
  }

  private static RunningService start(Settings settings) {
    ServerSettings serverSettings = ServerSettings.read(settings, 0);
    boolean broken = settings.flag("example.broken", "EXAMPLE_BROKEN", false);
    boolean hang = settings.flag("example.hang", "EXAMPLE_HANG", false);
    String input = settings.text("example.input", "EXAMPLE_INPUT", "");
    settings.check();
    if (broken) {
      throw new IllegalStateException("example is broken");
    }
    System.getLogger("io.outboxpipeline.example").log(System.Logger.Level.INFO, "by System.Logger");
    Logger.getLogger("io.outboxpipeline.example").info("by java.util.logging");
    if (!input.isEmpty()) {
      var failure = new IllegalStateException(input, new IllegalArgumentException(input));
      failure.addSuppressed(new IllegalStateException(input));
      System.getLogger("io.outboxpipeline.example")
          .log(System.Logger.Level.WARNING, "input " + input + " failed", failure);
    }
    Logger.getLogger("com.zaxxer.hikari").info("too much detail");
    var metrics = new Metrics();
    var server =
        ServiceServer.builder("example", serverSettings, metrics)
            .routing(r -> r.post("/things", (q, a) -> a.send(JsonBody.read(q).toString())))
            .onStop(
                () ->
                    System.getLogger("io.outboxpipeline.example")
                        .log(System.Logger.Level.INFO, "drains"))
            .start();
    return new RunningService() {
      @Override
      public ServiceServer server() {
        return server;
      }

      @Override
      public void close() {
        server.close();
        while (hang) {
          Thread.onSpinWait();
        }
        metrics.close();
      }
    };
  }
}
