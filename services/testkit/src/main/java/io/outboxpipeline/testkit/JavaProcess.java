package io.outboxpipeline.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own, to be killed, paused and stopped for real. Its output goes to a file.
 * Thread-safe.
 */
public final class JavaProcess implements AutoCloseable {
  /** What makes a JVM start fast, and run slowly. */
  public static final List<String> QUICK_START =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m");

  private final String name;
  private final Path log;
  private final Process process;
  private final Instant startedAt = Instant.now();

  private JavaProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts a program with this JVM's class path.
   *
   * @param name of the log file, which is appended to
   * @param environment beside this process's own
   * @param options of the JVM
   */
  public static JavaProcess start(
      String name,
      Class<?> main,
      Map<String, String> environment,
      Path folder,
      List<String> options) {
    return start(name, main, environment, folder, options, System.getProperty("java.class.path"));
  }

  /** Starts a program with a class path of its own. */
  public static JavaProcess start(
      String name,
      Class<?> main,
      Map<String, String> environment,
      Path folder,
      List<String> options,
      String classPath) {
    try {
      Files.createDirectories(folder);
      Path log = folder.resolve(name + ".log");
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(options);
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath, main.getName()));
      var builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      return new JavaProcess(name, log, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A TCP port that was free just now. */
  public static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** When it was started. */
  public Instant startedAt() {
    return startedAt;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL. */
  public void kill() {
    signal("KILL");
    await(10);
  }

  /** SIGSTOP: it hangs, with all its connections open. Returns once no thread runs any more. */
  public void pause() {
    signal("STOP");
    // On a busy machine its threads run on for tens of milliseconds after the signal was sent.
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!isStopped()) {
      if (!process.isAlive()) {
        throw new IllegalStateException(name + " has ended");
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException(name + " still runs 10 s after SIGSTOP");
      }
      Thread.onSpinWait();
    }
  }

  /** Whether all its threads are in state T (proc_pid_stat(5)). */
  private boolean isStopped() {
    Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
    try (var threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false; // a thread ended meanwhile
    }
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
  }

  /**
   * SIGTERM, and waits.
   *
   * @return the exit code
   * @throws IllegalStateException if it does not end in time
   */
  public int stop(int seconds) {
    signal("TERM");
    return await(seconds);
  }

  /** Ends its wait for a line of input. */
  public void goOn() throws IOException {
    try (var in = process.getOutputStream()) {
      in.write('\n');
    }
  }

  /**
   * Waits for it to end by itself, and gives what its log has by then.
   *
   * @throws IllegalStateException if it fails, or does not end in time
   */
  public String output(int seconds) throws IOException {
    int code = await(seconds);
    if (code != 0) {
      throw new IllegalStateException(name + " failed, see " + log);
    }
    return Files.readString(log);
  }

  private int await(int seconds) {
    try {
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " still runs after " + seconds + " s");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      process.destroyForcibly();
      await(10);
    }
  }
}
