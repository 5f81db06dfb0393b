package io.outboxpipeline.runtime;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where a service listens, and how it stops.
 *
 * @param port 0 for a free one
 * @param management where {@code /metrics}, {@code /admin} and the details of {@code /health} are;
 *     empty for the same port, 0 for a free one
 * @param shutdownGrace how long stopping may take in all
 * @param connections what clients may take
 * @param adminTokens each opens {@code /admin} as bearer token; without one {@code /admin} is off
 */
public record ServerSettings(
    String host,
    int port,
    OptionalInt management,
    Duration shutdownGrace,
    ConnectionLimits connections,
    List<AdminToken> adminTokens) {

  public ServerSettings {
    adminTokens = List.copyOf(adminTokens);
  }

  /** The settings {@code server.*} and {@code admin.token}. */
  public static ServerSettings read(Settings s, int defaultPort) {
    int port = s.integer("server.port", "SERVER_PORT", defaultPort, 0, 65_535);
    int management = s.integer("server.management-port", "SERVER_MANAGEMENT_PORT", port, 0, 65_535);
    return new ServerSettings(
        s.text("server.host", "SERVER_HOST", "0.0.0.0"),
        port,
        management == port ? OptionalInt.empty() : OptionalInt.of(management),
        s.duration(
            "server.shutdown-grace",
            "SERVER_SHUTDOWN_GRACE",
            Duration.ofSeconds(25),
            Duration.ofSeconds(1),
            Duration.ofHours(1)),
        ConnectionLimits.read(s),
        AdminToken.read(s));
  }

  /** On the loopback interface, without {@code /admin}. */
  public static ServerSettings local(int port) {
    return new ServerSettings(
        "127.0.0.1",
        port,
        OptionalInt.empty(),
        Duration.ofSeconds(25),
        ConnectionLimits.DEFAULT,
        List.of());
  }

  /** The same settings with management at a port of its own, 0 for a free one. */
  public ServerSettings withManagement(int at) {
    return new ServerSettings(
        host, port, OptionalInt.of(at), shutdownGrace, connections, adminTokens);
  }

  /** The same settings with {@code /admin} behind this token. */
  public ServerSettings withAdminToken(Secret token) {
    return withAdminTokens(List.of(new AdminToken("first", token)));
  }

  /** The same settings with {@code /admin} behind these tokens. */
  public ServerSettings withAdminTokens(List<AdminToken> tokens) {
    return new ServerSettings(host, port, management, shutdownGrace, connections, tokens);
  }

  /** The same settings with another time for stopping. */
  public ServerSettings withShutdownGrace(Duration grace) {
    return new ServerSettings(host, port, management, grace, connections, adminTokens);
  }

  /** The same settings with other limits to what clients may take. */
  public ServerSettings withConnections(ConnectionLimits limits) {
    return new ServerSettings(host, port, management, shutdownGrace, limits, adminTokens);
  }
}
