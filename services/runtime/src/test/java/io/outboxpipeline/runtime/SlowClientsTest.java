package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SlowClientsTest {
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String JSON =
      "POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ";

  private final Metrics metrics = new Metrics();
  private final List<Socket> clients = new ArrayList<>();
  private ServiceServer server = start(ConnectionLimits.DEFAULT);

  private ServiceServer start(ConnectionLimits limits) {
    return ServiceServer.builder("slow", ServerSettings.local(0).withConnections(limits), metrics)
        .routing(
            r ->
                r.post("/things", (req, res) -> res.send(JsonBody.read(req).toString()))
                    .get("/large", (req, res) -> res.send(new byte[20_000_000])))
        .start();
  }

  private void restart(
      Duration header, Duration body, Duration idle, int connections, long bodyBytes) {
    server.close();
    metrics.registry().clear();
    server = start(new ConnectionLimits(header, body, idle, connections, bodyBytes));
  }

  @AfterEach
  void close() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
    server.close();
    metrics.close();
  }

  private Socket connect() throws IOException {
    var client = new Socket(InetAddress.getLoopbackAddress(), server.port());
    client.setSoTimeout(180_000);
    clients.add(client);
    return client;
  }

  private static void write(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String answer(Socket client) throws IOException {
    return new String(client.getInputStream().readAllBytes(), ISO_8859_1);
  }

  /** Sends a byte now and then, as long as that works. */
  private static void drip(Socket client) {
    await()
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              if (client.getInputStream().available() > 0) {
                return true;
              }
              write(client, "a");
              return false;
            });
  }

  @Test
  void a_header_that_drips_is_408() throws IOException {
    restart(SHORT, LONG, LONG, 100, 1 << 20);
    Socket client = connect();
    write(client, "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    drip(client);
    assertThat(answer(client)).startsWith("HTTP/1.1 408 ").contains("application/problem+json");
  }

  @Test
  void a_body_that_drips_is_408() throws IOException {
    restart(LONG, SHORT, LONG, 100, 1 << 20);
    Socket client = connect();
    write(client, JSON + "60000\r\n\r\n{");
    drip(client);
    assertThat(answer(client)).startsWith("HTTP/1.1 408 ").contains("application/problem+json");
  }

  @Test
  void so_is_one_in_chunks_and_one_of_http_1_0() throws IOException {
    restart(SHORT, SHORT, LONG, 100, 1 << 20);
    Socket chunks = connect();
    write(chunks, "POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n");
    write(chunks, "Transfer-Encoding: chunked\r\n\r\n1000\r\n{");
    drip(chunks);
    assertThat(answer(chunks)).startsWith("HTTP/1.1 408 ");
    Socket old = connect();
    write(old, "GET /metrics HTTP/1.0\r\nX-Slow: ");
    drip(old);
    assertThat(answer(old)).startsWith("HTTP/1.1 408 ");
  }

  @Test
  void a_connection_on_which_nothing_comes_is_closed_without_a_word() throws IOException {
    restart(SHORT, LONG, LONG, 100, 1 << 20);
    assertThat(answer(connect())).isEmpty();
  }

  @Test
  void an_idle_connection_is_closed_after_its_own_time() throws IOException {
    restart(LONG, LONG, SHORT, 100, 1 << 20);
    Socket client = connect();
    write(client, "HEAD /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(answer(client)).startsWith("HTTP/1.1 200 ").containsOnlyOnce("HTTP/1.1");
  }

  @Test
  void a_client_that_does_not_take_its_answer_is_left() throws IOException {
    restart(LONG, SHORT, LONG, 100, 1 << 20);
    write(connect(), "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    await().until(() -> gauge("server.connections") == 1);
    await().until(() -> gauge("server.connections") == 0);
  }

  @Test
  void a_request_that_takes_long_to_work_on_is_not_slow() throws Exception {
    restart(SHORT, SHORT, SHORT, 100, 1 << 20);
    server.close();
    metrics.registry().clear();
    server =
        ServiceServer.builder("slow", server.settings(), metrics)
            .routing(
                r ->
                    r.get(
                        "/work",
                        (req, res) -> {
                          await().during(SHORT.multipliedBy(3)).until(() -> true);
                          res.send("done");
                        }))
            .start();
    assertThat(new Http(server.port()).get("/work").body()).isEqualTo("done");
  }

  @Test
  void beyond_the_limit_of_connections_those_that_wait_longest_make_room() throws IOException {
    restart(LONG, LONG, LONG, 10, 1 << 20);
    for (int i = 0; i < 40; i++) {
      write(connect(), i % 2 == 0 ? "G" : "");
      assertThat(answerOnce("HEAD /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
          .startsWith("HTTP/1.1 200 ");
      assertThat(gauge("server.connections")).isLessThanOrEqualTo(10);
    }
    assertThat(answer(clients.getFirst())).startsWith("HTTP/1.1 503 ");
  }

  @Test
  void beyond_the_limit_of_bytes_the_slowest_bodies_make_room() throws IOException {
    restart(LONG, LONG, LONG, 100, 1 << 20);
    String large = "{\"a\":\"" + "x".repeat(60_000) + "\"}";
    for (int i = 0; i < 40; i++) {
      write(connect(), JSON + large.length() + "\r\n\r\n" + large.substring(1));
      var answer =
          new Http(server.port()).post("/things", large, "content-type", "application/json");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(gauge("server.request.bytes")).isLessThanOrEqualTo(1 << 20);
    }
    assertThat(answer(clients.getFirst())).startsWith("HTTP/1.1 503 ");
    for (Socket client : clients) {
      client.close();
    }
    await().until(() -> gauge("server.request.bytes") == 0);
  }

  private String answerOnce(String request) throws IOException {
    try (var client = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      client.setSoTimeout(180_000);
      write(client, request);
      return answer(client);
    }
  }

  private double gauge(String name) {
    return metrics.registry().get(name).gauge().value();
  }
}
