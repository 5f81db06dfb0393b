package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Runs one service as a process: from its settings to SIGTERM. */
public final class ServiceMain {
  private static final Set<String> FORMATS = Set.of("text", "json");
  private static final Set<String> LEVELS = Set.of("trace", "debug", "info", "warn", "error");

  private ServiceMain() {}

  /**
   * Starts a service and waits until the process is told to stop (SIGTERM, SIGINT), which exits
   * with 0 after a graceful stop and with 1 if that took longer than the shutdown grace.
   *
   * <p>What a person can put right (bad settings, a port in use) ends the process with 1 and one
   * message on standard error; anything else with 1 and a stack trace in the log.
   */
  public static void run(String name, Function<Settings, RunningService> start) {
    run(name, settings -> Migration.ON_START, database -> {}, start);
  }

  /**
   * The same for a service with tables of its own: told to do nothing else, the process brings them
   * up to date and ends, with 0 if it could.
   *
   * @param when the service's setting
   * @param migrations bring its tables up to date
   */
  public static void run(
      String name,
      Function<Settings, Migration> when,
      Consumer<DataSource> migrations,
      Function<Settings, RunningService> start) {
    RunningService service;
    try {
      // Before anything logs.
      logSettings(System.getenv()).forEach(System::setProperty);
      routeLogs();
      Settings settings = Settings.load();
      if (when.apply(settings) == Migration.ONLY) {
        MySqlSettings database = MySqlSettings.read(settings, 2);
        settings.checkValues();
        Migration.run(database, migrations);
        Runtime.getRuntime().halt(0);
      }
      service = start.apply(settings);
    } catch (InvalidSettings | PortInUse | MigrationFailed e) {
      fail(System.err, name, e);
      return;
    } catch (RuntimeException | Error e) {
      log(name).log(ERROR, name + " did not start", e);
      Runtime.getRuntime().halt(1);
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().name(name + "-stop").unstarted(() -> stop(name, service)));
    log(name).log(INFO, "{0} listens on port {1,number,#}", name, service.port());
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      System.exit(0);
    }
  }

  /** Sends java.util.logging to Logback; System.Logger and SLF4J go there by themselves. */
  public static void routeLogs() {
    if (!SLF4JBridgeHandler.isInstalled()) {
      SLF4JBridgeHandler.removeHandlersForRootLogger();
      SLF4JBridgeHandler.install();
    }
  }

  /** What Logback itself would take from the environment, read as all settings are. */
  static Map<String, String> logSettings(Map<String, String> environment) {
    Settings settings = Settings.of(environment);
    String format = settings.text("log.format", "LOG_FORMAT", "text");
    if (!FORMATS.contains(format)) {
      settings.problem("log.format", "LOG_FORMAT", "is \"" + format + "\": must be text or json");
    }
    String level = settings.text("log.level", "LOG_LEVEL", "info");
    if (!LEVELS.contains(level.toLowerCase(java.util.Locale.ROOT))) {
      settings.problem(
          "log.level",
          "LOG_LEVEL",
          "is \"" + level + "\": must be trace, debug, info, warn or error");
    }
    settings.check();
    return Map.of("LOG_FORMAT", format, "LOG_LEVEL", level);
  }

  private static void fail(PrintStream err, String name, RuntimeException e) {
    err.println(name + ": " + e.getMessage());
    err.flush();
    Runtime.getRuntime().halt(1);
  }

  private static void stop(String name, RunningService service) {
    log(name).log(INFO, "{0} stops", name);
    Duration grace = service.server().settings().shutdownGrace();
    Thread closing =
        Thread.ofVirtual()
            .name(name + "-close")
            .uncaughtExceptionHandler((t, e) -> log(name).log(ERROR, name + " stopped badly", e))
            .start(service::close);
    boolean inTime;
    try {
      inTime = closing.join(grace);
    } catch (InterruptedException e) {
      inTime = false;
    }
    if (inTime) {
      log(name).log(INFO, "{0} stopped", name);
    } else {
      log(name).log(WARNING, "{0} did not stop within {1}", name, grace);
    }
    // The JVM's own code after SIGTERM is 143, which supervisors read as a failure.
    Runtime.getRuntime().halt(inTime ? 0 : 1);
  }

  private static System.Logger log(String name) {
    return System.getLogger("io.outboxpipeline." + name);
  }
}
