package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ServiceServerTest {
  private final Metrics metrics = new Metrics();
  private final AtomicReference<Health> database = new AtomicReference<>(Health.up());
  private final AtomicReference<Health> migrated = new AtomicReference<>(Health.up());
  private final ServiceServer server;
  private final Http http;

  ServiceServerTest() {
    server = start(ServerSettings.local(0));
    http = new Http(server.port());
  }

  private ServiceServer start(ServerSettings settings) {
    return ServiceServer.builder("example", settings, metrics)
        .live("loop", Health::up)
        .ready("database", database::get)
        .started("schema", migrated::get)
        .routing(ServiceServerTest::routes)
        .start();
  }

  private static void routes(HttpRouting.Builder routing) {
    routing
        .post("/things", (req, res) -> res.send(JsonBody.read(req).toString()))
        .get(
            "/teapot",
            (req, res) -> {
              throw new ProblemException(
                      Status.create(418, "I'm a teapot"),
                      "short and stout",
                      List.of(new Problem.FieldError("/spout", "must not be hot")))
                  .withHeader("Retry-After", "7");
            })
        .get(
            "/bug",
            (req, res) -> {
              throw new IllegalStateException("secret internals");
            });
    Methods.only(routing, "/things", Method.POST);
  }

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @Test
  void health_tells_each_check_by_its_name() {
    var response = http.get("/health/ready");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("application/json");
    assertThat(response.body()).contains("\"database\"", "\"UP\"");
    assertThat(http.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(http.get("/health/live").body()).contains("\"loop\"").doesNotContain("database");
    assertThat(http.get("/health/started").statusCode()).isEqualTo(200);
  }

  @Test
  void a_check_that_is_down_turns_only_its_own_kind_to_503_and_tells_why() {
    database.set(Health.down("no route to the database"));
    var ready = http.get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body()).contains("\"DOWN\"", "no route to the database");
    assertThat(http.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(http.get("/health/started").statusCode()).isEqualTo(200);

    migrated.set(Health.down("migrations are running"));
    assertThat(http.get("/health/started").statusCode()).isEqualTo(503);
  }

  @Test
  void a_server_that_drains_is_not_ready_but_alive_and_serves() {
    server.stopBeingReady();
    assertThat(http.get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(http.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(json(http.post("/things", "{\"a\":1}", "content-type", "application/json")))
        .isEqualTo(parse("{\"a\":1}"));
  }

  @Test
  void metrics_follow_the_conventions_of_prometheus() {
    metrics.registry().counter("outbox.relay.sent").increment(3);
    metrics.registry().counter("base.spendings.created").increment();
    metrics.registry().timer("base.requests", "status", "201").record(Duration.ofMillis(20));
    var response = http.get("/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
    assertThat(response.body())
        .contains("outbox_relay_sent_total 3.0\n")
        .contains("base_spendings_created_total 1.0\n")
        .contains("base_requests_seconds_count{status=\"201\"} 1\n")
        .contains("jvm_memory_used_bytes");
  }

  @Test
  void services_of_one_jvm_do_not_share_meters() {
    metrics.registry().counter("outbox.relay.sent").increment();
    try (var others = new Metrics()) {
      assertThat(others.scrape()).contains("jvm_").doesNotContain("outbox_relay_sent");
    }
  }

  @Test
  void a_thrown_problem_is_answered_with_its_fields_and_headers() {
    var response = http.get("/teapot");
    assertThat(response.headers().firstValue("retry-after")).hasValue("7");
    assertProblem(response, 418);
    JsonObject problem = json(response);
    assertThat(problem.getString("title")).isEqualTo("I'm a teapot");
    assertThat(problem.getString("detail")).isEqualTo("short and stout");
    assertThat(problem.getString("instance")).isEqualTo("/teapot");
    assertThat(problem.getJsonArray("errors"))
        .isEqualTo(
            parse("{\"e\":[{\"pointer\":\"/spout\",\"message\":\"must not be hot\"}]}").get("e"));
  }

  @Test
  void an_unexpected_error_tells_nothing_of_itself() {
    var response = http.get("/bug");
    assertProblem(response, 500);
    assertThat(response.body()).doesNotContain("secret", "IllegalState", "io.outboxpipeline");
  }

  @Test
  void an_unknown_path_is_404_and_a_wrong_method_405() {
    assertProblem(http.get("/nothing"), 404);
    var response = http.get("/things");
    assertProblem(response, 405);
    assertThat(response.headers().firstValue("allow")).hasValue("POST");
    assertProblem(http.post("/metrics", ""), 405);
  }

  @Test
  void a_body_that_is_too_large_is_413_whether_or_not_its_length_is_announced() {
    String large = "{\"a\":\"" + "x".repeat(65_536) + "\"}";
    assertProblem(http.post("/things", large, "content-type", "application/json"), 413);
    var chunked =
        http.send(
            "/things",
            b ->
                b.header("content-type", "application/json")
                    .POST(
                        HttpRequest.BodyPublishers.fromPublisher(
                            HttpRequest.BodyPublishers.ofString(large))));
    assertProblem(chunked, 413);
  }

  /** A connection that is closed before all is read takes the answer with it, now and then. */
  @Test
  void a_client_that_sends_far_too_much_gets_its_answer() {
    String large = "{\"a\":\"" + "x".repeat(1_000_000) + "\"}";
    for (int i = 0; i < 50; i++) {
      assertProblem(http.post("/things", large, "content-type", "application/json"), 413);
    }
  }

  @Test
  void a_body_that_is_not_one_json_object_is_refused() {
    assertProblem(http.post("/things", "{}"), 415);
    assertProblem(http.post("/things", "{}", "content-type", "text/plain"), 415);
    for (String body :
        List.of(
            "",
            "{",
            "[]",
            "7",
            "{\"a\":1}{",
            "{\"a\":1,\"a\":2}",
            "{\"a\":\"\t\"}",
            "{\"a\":" + "1".repeat(2000) + "}",
            "{\"a\":" + "[".repeat(3000) + "}")) {
      assertProblem(http.post("/things", body, "content-type", "application/json"), 400);
    }
    var latin1 =
        http.send(
            "/things",
            b ->
                b.header("content-type", "application/json")
                    .POST(
                        HttpRequest.BodyPublishers.ofByteArray(
                            new byte[] {'{', '"', (byte) 0xe4, '"', ':', '1', '}'})));
    assertProblem(latin1, 400);
  }

  @Test
  void what_helidon_refuses_before_routing_is_a_problem_too() throws Exception {
    assertThat(raw("GET /things HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("application/problem+json", "\"status\":400");
    assertThat(raw("GET /<> HTTP/1.1\r\nHost: x\r\n\r\n"))
        .startsWith("HTTP/1.1 400")
        .contains("application/problem+json");
    assertThat(
            raw("GET /teapot HTTP/1.1\r\nHost: x\r\nX-Long: " + "y".repeat(100_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 4")
        .contains("application/problem+json");
  }

  @Test
  void a_port_in_use_is_told_in_one_sentence() {
    assertThatThrownBy(() -> start(ServerSettings.local(server.port())))
        .isInstanceOf(PortInUse.class)
        .hasMessageContaining("example cannot listen on 127.0.0.1:" + server.port())
        .hasMessageContaining("SERVER_PORT");
  }

  @Test
  void closing_is_not_ready_then_drain_then_stop_and_happens_once() {
    var drains = new AtomicInteger();
    var during = new AtomicInteger();
    var port = new AtomicInteger();
    ServiceServer stopping =
        ServiceServer.builder("example", ServerSettings.local(0), metrics)
            .onStop(
                () -> {
                  drains.incrementAndGet();
                  during.set(new Http(port.get()).get("/health/ready").statusCode());
                })
            .start();
    port.set(stopping.port());
    stopping.close();
    stopping.close();
    assertThat(drains).hasValue(1);
    assertThat(during).hasValue(503);
    assertThatThrownBy(() -> new Http(port.get()).get("/health/live"))
        .isInstanceOf(java.io.UncheckedIOException.class);
  }

  @Test
  void a_request_in_progress_is_answered_before_the_server_stops() throws Exception {
    var arrived = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    ServiceServer stopping =
        ServiceServer.builder("example", ServerSettings.local(0), metrics)
            .routing(
                r ->
                    r.get(
                        "/slow",
                        (req, res) -> {
                          arrived.countDown();
                          finish.await();
                          res.send("done");
                        }))
            .start();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var answer = executor.submit(() -> new Http(stopping.port()).get("/slow").body());
      arrived.await();
      var stopped = executor.submit(stopping::close);
      try {
        await().until(() -> new Http(stopping.port()).get("/health/ready").statusCode() == 503);
        assertThat(stopped.isDone()).isFalse();
      } finally {
        finish.countDown();
      }
      assertThat(answer.get()).isEqualTo("done");
      stopped.get();
    }
  }

  @Test
  void a_request_in_progress_gets_all_of_the_grace() throws Exception {
    var arrived = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    var settings = new ServerSettings("127.0.0.1", 0, Duration.ofSeconds(10), Optional.empty());
    ServiceServer stopping =
        ServiceServer.builder("example", settings, metrics)
            .routing(
                r ->
                    r.get(
                        "/slow",
                        (req, res) -> {
                          arrived.countDown();
                          finish.await();
                          res.send("done");
                        }))
            .start();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var answer = executor.submit(() -> new Http(stopping.port()).get("/slow").body());
      arrived.await();
      var stopped = executor.submit(stopping::close);
      try {
        await().during(Duration.ofSeconds(4)).until(() -> !stopped.isDone() && !answer.isDone());
      } finally {
        finish.countDown();
      }
      assertThat(answer.get()).isEqualTo("done");
      stopped.get();
    }
  }

  @Test
  void a_drain_that_hangs_or_fails_does_not_hold_the_stop() {
    var interrupted = new CountDownLatch(1);
    var settings = new ServerSettings("127.0.0.1", 0, Duration.ofSeconds(1), Optional.empty());
    ServiceServer hanging =
        ServiceServer.builder("example", settings, metrics)
            .onStop(
                () -> {
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                  }
                })
            .start();
    await()
        .atMost(Duration.ofSeconds(5))
        .until(
            () -> {
              hanging.close();
              return true;
            });
    await().until(() -> interrupted.getCount() == 0);

    ServiceServer failing =
        ServiceServer.builder("example", settings, metrics)
            .onStop(
                () -> {
                  throw new IllegalStateException("no drain");
                })
            .start();
    failing.close();
    assertThatThrownBy(() -> new Http(failing.port()).get("/health/live"))
        .isInstanceOf(RuntimeException.class);
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  private static void assertProblem(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(json(response).getInt("status")).isEqualTo(status);
    assertThat(json(response).getString("title")).isNotEmpty();
  }

  private static JsonObject json(HttpResponse<String> response) {
    return parse(response.body());
  }

  private static JsonObject parse(String text) {
    return Json.createReader(new StringReader(text)).readObject();
  }
}
