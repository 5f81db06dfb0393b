package io.outboxpipeline.runtime;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Locale;

/**
 * The port cannot be had, as a rule because another process listens on it; the message is a
 * sentence that says so.
 */
public final class PortInUse extends RuntimeException {
  private static final long serialVersionUID = 1;

  private PortInUse(String service, String host, int port, String setting, Throwable cause) {
    super(
        String.format(
            Locale.ROOT,
            "%s cannot listen on %s:%d (%s). %s sets another port.",
            service,
            host,
            port,
            cause.getMessage(),
            setting),
        cause);
  }

  /** Helidon logs a stack trace and goes on without listening, so this asks first. */
  static void check(String service, String host, int port, String setting) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new PortInUse(service, host, port, setting, e);
    }
  }
}
