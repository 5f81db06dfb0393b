package io.outboxpipeline.runtime;

import java.time.Duration;
import java.util.Optional;

/**
 * Where a service listens, and how it stops.
 *
 * @param port 0 for a free one
 * @param shutdownGrace how long stopping may take in all
 * @param connections what clients may take
 * @param adminToken what {@code /admin} wants as bearer token; without one {@code /admin} is off
 */
public record ServerSettings(
    String host,
    int port,
    Duration shutdownGrace,
    ConnectionLimits connections,
    Optional<Secret> adminToken) {

  private static final int MIN_TOKEN = 16;

  /** The settings {@code server.*} and {@code admin.token}. */
  public static ServerSettings read(Settings s, int defaultPort) {
    Optional<Secret> token = s.optionalSecret("admin.token", "ADMIN_TOKEN");
    if (token.isPresent() && token.get().value().length() < MIN_TOKEN) {
      s.problem("admin.token", "ADMIN_TOKEN", "must have at least " + MIN_TOKEN + " characters");
    }
    return new ServerSettings(
        s.text("server.host", "SERVER_HOST", "0.0.0.0"),
        s.integer("server.port", "SERVER_PORT", defaultPort, 0, 65_535),
        s.duration(
            "server.shutdown-grace",
            "SERVER_SHUTDOWN_GRACE",
            Duration.ofSeconds(25),
            Duration.ofSeconds(1),
            Duration.ofHours(1)),
        ConnectionLimits.read(s),
        token);
  }

  /** On the loopback interface, without {@code /admin}. */
  public static ServerSettings local(int port) {
    return new ServerSettings(
        "127.0.0.1", port, Duration.ofSeconds(25), ConnectionLimits.DEFAULT, Optional.empty());
  }

  /** The same settings with {@code /admin} behind this token. */
  public ServerSettings withAdminToken(Secret token) {
    return new ServerSettings(host, port, shutdownGrace, connections, Optional.of(token));
  }

  /** The same settings with another time for stopping. */
  public ServerSettings withShutdownGrace(Duration grace) {
    return new ServerSettings(host, port, grace, connections, adminToken);
  }

  /** The same settings with other limits to what clients may take. */
  public ServerSettings withConnections(ConnectionLimits limits) {
    return new ServerSettings(host, port, shutdownGrace, limits, adminToken);
  }
}
