package io.outboxpipeline.bench;

import io.outboxpipeline.testkit.JavaProcess;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;

/** Asks a service whether it is ready. */
final class Ready {
  private static final Duration PERIOD = Duration.ofMillis(10);

  private Ready() {}

  /**
   * Waits for {@code /health/ready} to say yes.
   *
   * @throws IllegalStateException if it does not in time, or the process ends
   */
  static void await(JavaProcess program, int port, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!ready(port)) {
      if (!program.isAlive() || System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("not ready");
      }
      Thread.sleep(PERIOD);
    }
  }

  private static boolean ready(int port) {
    try {
      var connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/health/ready").toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(1000);
      return connection.getResponseCode() < 300;
    } catch (IOException e) {
      return false;
    }
  }
}
