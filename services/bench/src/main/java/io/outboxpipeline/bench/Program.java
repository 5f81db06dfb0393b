package io.outboxpipeline.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that is measured, killed, paused and stopped. Its output goes to a file. */
final class Program implements AutoCloseable {
  private final Process process;
  private final Path log;

  private Program(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a program.
   *
   * @param log the file of its output
   * @param options of the JVM
   * @param environment beside this process's own
   */
  static Program start(
      Class<?> main,
      Path log,
      List<String> options,
      String classPath,
      Map<String, String> environment) {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(options);
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("-cp");
      command.add(classPath);
      command.add(main.getName());
      var builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      return new Program(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean alive() {
    return process.isAlive();
  }

  Usage usage() {
    return Usage.of(process.pid());
  }

  /** SIGKILL. */
  void kill() {
    signal("KILL");
  }

  /** SIGSTOP: it hangs, with all its connections open. */
  void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  void resume() {
    signal("CONT");
  }

  /** SIGTERM. */
  void terminate() {
    signal("TERM");
  }

  /** Tells it to go on. */
  void goOn() throws IOException {
    try (var in = process.getOutputStream()) {
      in.write('\n');
    }
  }

  /**
   * Waits for it to end by itself, and gives what it wrote.
   *
   * @throws IllegalStateException if it fails, or takes longer
   */
  String output(int seconds) throws InterruptedException, IOException {
    boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
    if (!ended || process.exitValue() != 0) {
      throw new IllegalStateException((ended ? "failed" : "still runs") + ", see " + log);
    }
    return Files.readString(log);
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
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
