package io.outboxpipeline.quickstart;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the services listen, four ports in a row: base, first relay, consumer, second relay.
 *
 * @param base the base's
 */
record Ports(int base) {
  static final int DEFAULT = 8081;

  int relay() {
    return base + 1;
  }

  int consumer() {
    return base + 2;
  }

  int secondRelay() {
    return base + 3;
  }

  /** What to tell the user if one of them is taken. */
  Optional<String> conflict() {
    var wanted =
        Map.of(
            "base",
            base,
            "first relay",
            relay(),
            "consumer",
            consumer(),
            "second relay",
            secondRelay());
    for (var port : wanted.entrySet()) {
      try (var socket = new ServerSocket(port.getValue(), 1, InetAddress.getLoopbackAddress())) {
        socket.getLocalPort();
      } catch (IOException e) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "Port %d, for the %s, is in use. Stop what listens there, or choose others: -Dquickstart.port=9081 (and the three after it).",
                port.getValue(),
                port.getKey()));
      }
    }
    return Optional.empty();
  }
}
