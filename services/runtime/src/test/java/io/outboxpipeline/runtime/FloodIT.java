package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** 4,000 sockets with an unfinished body of 64 KB each, against a process with a heap of 64 MB. */
final class FloodIT {
  private static final int SOCKETS = 4000;
  private static final byte[] UNFINISHED =
      ("POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: 65000\r\n\r\n{\"a\":\""
              + "x".repeat(64_000))
          .getBytes(ISO_8859_1);

  @Test
  void a_flood_of_unfinished_bodies_leaves_probes_and_others_served() throws Exception {
    int port = freePort();
    Process process = start(port);
    List<SocketChannel> flood = new ArrayList<>();
    try {
      var http = new Http(port);
      try (var out = process.inputReader()) {
        assertThat(out.lines().anyMatch(line -> line.contains("listens on port"))).isTrue();
        for (int i = 0; i < SOCKETS; i++) {
          flood.add(unfinished(port));
          if (i % 100 == 0) {
            assertServes(http);
          }
        }
        assertServes(http);
        assertThat(process.isAlive()).isTrue();
        process.toHandle().destroy();
        assertThat(out.lines())
            .noneMatch(line -> line.contains("OutOfMemoryError") || line.contains("ERROR"));
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      for (SocketChannel client : flood) {
        client.close();
      }
      process.destroyForcibly();
    }
  }

  private static void assertServes(Http http) {
    assertThat(http.get("/health/live").statusCode()).isEqualTo(200);
    String body = "{\"a\":\"" + "y".repeat(20_000) + "\"}";
    var answer = http.post("/things", body, "content-type", "application/json");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(body);
  }

  /** What the server does not take at once is not sent: it may have closed the connection. */
  private static SocketChannel unfinished(int port) throws IOException {
    var client = SocketChannel.open();
    client.setOption(StandardSocketOptions.SO_SNDBUF, 256 << 10);
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    client.configureBlocking(false);
    client.write(ByteBuffer.wrap(UNFINISHED));
    return client;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process start(int port) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-Dlogback.configurationFile=logback.xml",
            "-cp",
            System.getProperty("java.class.path"),
            ExampleMain.class.getName());
    builder.redirectErrorStream(true);
    builder.environment().put("SERVER_HOST", "127.0.0.1");
    builder.environment().put("SERVER_PORT", String.valueOf(port));
    return builder.start();
  }
}
