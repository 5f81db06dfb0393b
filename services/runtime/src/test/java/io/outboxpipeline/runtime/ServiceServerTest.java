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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        .get("/query", (req, res) -> res.send(req.query().first("identity").orElse("none")))
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          identity=urn:user:42           | urn:user:42
          identity=a/b?c@d               | a/b?c@d
          identity=%C3%A9%20%F0%9F%98%80 | é 😀
          identity=a%2Bb+c               | a+b c
          other=%25                      | none
          """)
  void a_query_is_read_as_it_is_meant(String query, String identity) {
    var response = http.get("/query?" + query);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(identity);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/query?identity=%C3%28",
        "/query?identity=%ff",
        "/query?other=%ED%A0%80",
        "/query?%C0%AF=1",
        "/query?identity=%F8%88%80%80%80",
        "/query?identity=%C3",
        "/%C3%28"
      })
  void a_query_or_path_that_is_no_utf_8_is_refused_and_not_replaced(String path) {
    var response = http.get(path);
    assertProblem(response, 400);
    assertThat(json(response).getString("detail")).contains("UTF-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /query?a=<script>&b=1 HTTP/1.1\r\nHost: x",
        "GET /query?a=%zz HTTP/1.1\r\nHost: x",
        "GET /query?a=\"b\" HTTP/1.1\r\nHost: x",
        "GET /<b> HTTP/1.1\r\nHost: x",
        "GET / HTTP/1.1\r\nHost: <b>:<c>",
        "GET / HTTP/1.1\r\nHost: x:<c>",
        "GET / HTTP/1.1\r\nHost: x\r\nno colon <b>",
        "GET / HTTP/1.1\r\nHost: x\r\nX<b>: 1",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: <b>"
      })
  void what_is_wrong_is_told_in_words_without_what_was_sent(String request) throws Exception {
    String answer = raw(request + "\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    String detail = parse(answer.substring(answer.indexOf("\r\n\r\n"))).getString("detail");
    assertThat(detail).matches("[A-Za-z][A-Za-z0-9 ,.'()%-]{5,100}");
  }

  @Test
  void of_many_errors_twenty_are_told_and_how_many_there_are() {
    var errors = new ArrayList<Problem.FieldError>();
    for (int i = 0; i < 6000; i++) {
      errors.add(new Problem.FieldError("/" + "\ud83d\ude00".repeat(i), "is wrong"));
    }
    String text = Problem.of(Status.BAD_REQUEST_400, "Wrong.").withErrors(errors).json();
    assertThat(parse(text).getJsonArray("errors")).hasSize(20);
    assertThat(parse(text).getString("detail"))
        .isEqualTo("Wrong. These are the first 20 of 6000 errors.");
    assertThat(
            Problem.of(Status.BAD_REQUEST_400, "Wrong.")
                .withErrors(List.of(errors.get(5999)))
                .json()
                .length())
        .isLessThan(500);
  }

  @Test
  void health_answers_head_as_get_but_for_the_body() {
    for (String path :
        List.of("/health", "/health/live", "/health/ready", "/health/started", "/metrics")) {
      var head = http.send(path, b -> b.method("HEAD", HttpRequest.BodyPublishers.noBody()));
      assertThat(head.statusCode()).as(path).isEqualTo(200);
      assertThat(head.body()).isEmpty();
    }
    database.set(Health.down("away"));
    assertThat(
            http.send("/health", b -> b.method("HEAD", HttpRequest.BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(503);
    assertProblem(http.post("/health/live", ""), 405);
  }

  @Test
  void a_port_in_use_is_told_in_one_sentence() {
    assertThatThrownBy(() -> start(ServerSettings.local(server.port())))
        .isInstanceOf(PortInUse.class)
        .hasMessageContaining("example cannot listen on 127.0.0.1:" + server.port())
        .hasMessageContaining("SERVER_PORT");
  }

  @Test
  void a_management_port_takes_everything_that_is_not_for_clients() {
    var settings =
        ServerSettings.local(0).withManagement(0).withAdminToken(new Secret("0123456789abcdef"));
    database.set(Health.down("10.1.2.3 refuses"));
    try (var apart = managed(settings)) {
      var clients = new Http(apart.port());
      var management = new Http(apart.managementPort());
      assertThat(clients.get("/query?identity=a").body()).isEqualTo("a");
      assertProblem(management.get("/query?identity=a"), 404);
      for (String path : List.of("/metrics", "/admin/list", "/admin", "/%6detrics")) {
        assertProblem(clients.get(path, "Authorization", "Bearer 0123456789abcdef"), 404);
      }
      assertThat(management.get("/metrics").body()).contains("server_connections");
      assertProblem(management.get("/admin/list"), 401);
      assertThat(management.get("/admin/list", "Authorization", "Bearer 0123456789abcdef").body())
          .isEqualTo("all");
      assertThat(clients.get("/health/ready").statusCode()).isEqualTo(503);
      assertThat(clients.get("/health/ready").body()).isEqualTo("{\"status\":\"DOWN\"}");
      assertThat(clients.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(management.get("/health/ready").body()).contains("10.1.2.3 refuses");
      assertThat(http.get("/health/ready").body()).contains("10.1.2.3 refuses");
    }
  }

  @Test
  void clients_take_no_place_of_management() throws Exception {
    var two =
        new ConnectionLimits(
            Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1), 10, 1 << 20);
    try (var apart = managed(ServerSettings.local(0).withManagement(0).withConnections(two))) {
      var sockets = new ArrayList<Socket>();
      for (int i = 0; i < 30; i++) {
        var socket = new Socket(InetAddress.getLoopbackAddress(), apart.port());
        socket.getOutputStream().write("GET /query HTTP/1.1\r\n".getBytes(US_ASCII));
        sockets.add(socket);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(new Http(apart.managementPort()).get("/health/live").statusCode())
            .isEqualTo(200);
      }
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  private ServiceServer managed(ServerSettings settings) {
    return ServiceServer.builder("managed", settings, new Metrics())
        .ready("database", database::get)
        .routing(ServiceServerTest::routes)
        .management(
            r ->
                AdminAccess.register(
                    r, settings, rules -> rules.get("/list", (req, res) -> res.send("all"))))
        .start();
  }

  @Test
  void a_management_port_in_use_names_its_setting() {
    assertThatThrownBy(() -> managed(ServerSettings.local(0).withManagement(server.port())))
        .isInstanceOf(PortInUse.class)
        .hasMessageContaining("SERVER_MANAGEMENT_PORT");
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

  /** Its answer comes when the caller lets it finish. */
  private ServiceServer slow(
      ServerSettings settings, CountDownLatch arrived, CountDownLatch finish) {
    return ServiceServer.builder("example", settings, metrics)
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
  }

  @Test
  void a_request_in_progress_is_answered_before_the_server_stops() throws Exception {
    var arrived = new CountDownLatch(1);
    var finish = new CountDownLatch(1);
    ServiceServer stopping = slow(ServerSettings.local(0), arrived, finish);
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
    var settings = ServerSettings.local(0).withShutdownGrace(Duration.ofSeconds(10));
    ServiceServer stopping = slow(settings, arrived, finish);
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
    var settings = ServerSettings.local(0).withShutdownGrace(Duration.ofSeconds(1));
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
