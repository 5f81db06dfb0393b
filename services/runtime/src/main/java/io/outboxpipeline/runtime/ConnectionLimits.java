package io.outboxpipeline.runtime;

import java.time.Duration;

/**
 * How long a client may take, and how much of this process all of them may hold.
 *
 * @param header from the connection's or the request's first byte to the end of its header
 * @param body from there to the end of its body, and for a client to take an answer
 * @param idle between two requests of a connection; longer than what load balancers keep theirs
 * @param connections how many at once; beyond it the one that waits longest is closed
 * @param bodyBytes of requests under way, in all; beyond it the slowest are closed
 */
public record ConnectionLimits(
    Duration header, Duration body, Duration idle, int connections, long bodyBytes) {

  private static final long LEAST_BODY_BYTES = 1 << 20;

  /** What holds if nothing else is set; a sixteenth of the heap is for bodies. */
  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(75),
          1000,
          Math.max(LEAST_BODY_BYTES, Runtime.getRuntime().maxMemory() / 16));

  /** The settings {@code server.*-timeout} and {@code server.max-*}. */
  static ConnectionLimits read(Settings s) {
    Duration least = Duration.ofMillis(100);
    Duration most = Duration.ofHours(1);
    return new ConnectionLimits(
        s.duration("server.header-timeout", "SERVER_HEADER_TIMEOUT", DEFAULT.header(), least, most),
        s.duration("server.body-timeout", "SERVER_BODY_TIMEOUT", DEFAULT.body(), least, most),
        s.duration("server.idle-timeout", "SERVER_IDLE_TIMEOUT", DEFAULT.idle(), least, most),
        s.integer(
            "server.max-connections",
            "SERVER_MAX_CONNECTIONS",
            DEFAULT.connections(),
            10,
            1_000_000),
        s.integer(
            "server.max-body-bytes",
            "SERVER_MAX_BODY_BYTES",
            (int) Math.min(Integer.MAX_VALUE, DEFAULT.bodyBytes()),
            (int) LEAST_BODY_BYTES,
            Integer.MAX_VALUE));
  }
}
