package io.outboxpipeline.quickstart;

import java.time.Duration;
import java.util.function.Supplier;

/** One line on the terminal for each step of the start, with the time that it took. */
final class Progress {
  private Progress() {}

  static <T> T step(String what, Supplier<T> start) {
    System.out.printf("  %-44s", what + " …");
    System.out.flush();
    long began = System.nanoTime();
    T started = start.get();
    System.out.printf("%5.1f s%n", Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0);
    return started;
  }
}
