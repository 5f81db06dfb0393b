package io.outboxpipeline.quickstart;

import io.outboxpipeline.console.ConsoleService;
import io.outboxpipeline.console.ConsoleSettings;
import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.runtime.PortInUse;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The console, which starts first and shows how the others come up. There is no sign-in, so its URL
 * has a secret: otherwise any web page could reach it through this machine's browser.
 *
 * @param url for a browser, with the secret
 * @param admin opens the services' {@code /admin}
 */
record ConsolePart(ConsoleService service, String url, Secret admin) {
  static final int DEFAULT_PORT = 8080;
  static final String PIPELINE = "spending";

  private static final String VARIABLE = "CONSOLE_PORT";

  /** Starts it at {@code CONSOLE_PORT} or 8080, and at a free port if that is taken. */
  static ConsolePart start(Ports ports, Deque<AutoCloseable> running) {
    String wanted = System.getenv().getOrDefault(VARIABLE, "");
    int port = wanted.matches("\\d{1,5}") ? Integer.parseInt(wanted) : DEFAULT_PORT;
    try {
      return start(ports, port, running);
    } catch (PortInUse e) {
      System.out.println(
          "Port "
              + port
              + " is in use, so the console takes another. "
              + VARIABLE
              + " chooses one.");
      return start(ports, 0, running);
    }
  }

  static ConsolePart start(Ports ports, int port, Deque<AutoCloseable> running) {
    Secret key = random();
    Secret admin = random();
    var pipeline =
        new PipelineSettings(
            PIPELINE,
            "",
            List.of(endpoint(ports.base(), admin)),
            List.of(endpoint(ports.relay(), admin), endpoint(ports.secondRelay(), admin)),
            List.of(endpoint(ports.consumer(), admin)));
    ConsoleService service =
        ConsoleService.start(
            new ConsoleSettings(
                ServerSettings.local(port).withShutdownGrace(Duration.ofSeconds(2)),
                AccessSettings.link(key),
                List.of(pipeline),
                Optional.empty(),
                ConsoleSettings.DEFAULT_PATIENCE,
                ConsoleSettings.DEFAULT_RATE));
    running.push(service);
    String url = "http://127.0.0.1:" + service.port() + "/?key=" + key.value();
    return new ConsolePart(service, url, admin);
  }

  private static Endpoint endpoint(int port, Secret admin) {
    return new Endpoint(URI.create("http://127.0.0.1:" + port), Optional.of(admin));
  }

  private static Secret random() {
    byte[] bytes = new byte[24];
    new SecureRandom().nextBytes(bytes);
    return new Secret(HexFormat.of().formatHex(bytes));
  }
}
