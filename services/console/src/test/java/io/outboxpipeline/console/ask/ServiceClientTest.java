package io.outboxpipeline.console.ask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ServiceClientTest {
  private static final Duration PATIENCE = Duration.ofMillis(500);

  /** A server that sends this, and then a byte now and then without an end. */
  private static ServerSocket server(String begins) throws IOException {
    var server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              try (var socket = server.accept();
                  var out = socket.getOutputStream()) {
                out.write(begins.getBytes(StandardCharsets.US_ASCII));
                out.flush();
                while (!server.isClosed()) {
                  out.write(' ');
                  out.flush();
                  Thread.sleep(50);
                }
              } catch (IOException | InterruptedException e) {
                // The client went.
                Thread.currentThread().interrupt();
              }
            });
    return server;
  }

  @ParameterizedTest
  @CsvSource({
    "''",
    "'HTTP/1.1 200 OK\r\n'",
    "'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{'",
  })
  void a_service_that_sends_a_byte_now_and_then_is_not_waited_for(String begins)
      throws IOException {
    try (var server = server(begins);
        var client = new ServiceClient(PATIENCE)) {
      var endpoint =
          new Endpoint(URI.create("http://127.0.0.1:" + server.getLocalPort()), Optional.empty());
      long began = System.nanoTime();
      Answer answer = client.get(endpoint, "/admin/x");
      assertThat(answer).isInstanceOf(Answer.Silent.class);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void a_host_that_nobody_knows_is_told() {
    try (var client = new ServiceClient(PATIENCE)) {
      var endpoint = new Endpoint(URI.create("http://nobody.invalid:1"), Optional.empty());
      assertThat(client.get(endpoint, "/x"))
          .asInstanceOf(type(Answer.Silent.class))
          .extracting(Answer.Silent::why)
          .asString()
          .isNotEmpty();
    }
  }
}
