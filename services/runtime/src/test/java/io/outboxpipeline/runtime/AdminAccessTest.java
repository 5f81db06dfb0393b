package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AdminAccessTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String NEXT = "fedcba9876543210";
  private static final Duration SHORT = Duration.ofMillis(1);
  private static final ServerSettings GUARDED =
      ServerSettings.local(0)
          .withAdminTokens(
              List.of(
                  new AdminToken("spring", new Secret(TOKEN)),
                  new AdminToken("autumn", new Secret(NEXT))));

  private final Metrics metrics = new Metrics();
  private final ServiceServer open = start(ServerSettings.local(0), SHORT);
  private final ServiceServer guarded = start(GUARDED, SHORT);

  private ServiceServer start(ServerSettings settings, Duration delay) {
    return ServiceServer.builder("example", settings, metrics)
        .routing(
            routing ->
                AdminAccess.register(
                    routing,
                    settings,
                    rules ->
                        rules
                            .get("/list", (req, res) -> res.send("all"))
                            .get("/who", (req, res) -> res.send(AdminCaller.of(req).toString())),
                    delay))
        .start();
  }

  @AfterEach
  void close() {
    open.close();
    guarded.close();
    metrics.close();
  }

  private HttpResponse<String> ask(String path, String authorization) {
    return new Http(guarded.port()).get(path, "Authorization", authorization);
  }

  @Test
  void without_a_token_set_nothing_is_there() {
    var response = new Http(open.port()).get("/admin/list", "Authorization", "Bearer " + TOKEN);
    assertThat(response.statusCode()).isEqualTo(404);
  }

  @Test
  void the_token_opens() {
    assertThat(ask("/admin/list", "Bearer " + TOKEN).body()).isEqualTo("all");
    assertThat(ask("/admin/list", "bearer " + TOKEN).statusCode()).isEqualTo(200);
    assertThat(ask("/admin/nothing", "Bearer " + TOKEN).statusCode()).isEqualTo(404);
  }

  @Test
  void anything_else_is_401_whatever_the_path() {
    for (String path : new String[] {"/admin/list", "/admin/nothing", "/admin", "/%61dmin/list"}) {
      for (String bad :
          new String[] {"Bearer ", "Bearer x", "Basic " + TOKEN, TOKEN, "Bearer " + TOKEN + "0"}) {
        var response = ask(path, bad);
        assertThat(response.statusCode()).as(path + " " + bad).isEqualTo(401);
        assertThat(response.headers().firstValue("content-type"))
            .hasValue("application/problem+json");
        assertThat(response.headers().firstValue("www-authenticate")).isPresent();
      }
      assertThat(new Http(guarded.port()).get(path).statusCode()).isEqualTo(401);
    }
  }

  @Test
  void two_tokens_open_at_once_and_are_told_apart() {
    assertThat(ask("/admin/who?why=%C3%A9t%C3%A9", "Bearer " + TOKEN).body())
        .isEqualTo("AdminCaller[token=spring, address=127.0.0.1, why=été]");
    assertThat(ask("/admin/who", "Bearer " + NEXT).body())
        .isEqualTo("AdminCaller[token=autumn, address=127.0.0.1, why=]");
    assertThat(ask("/admin/who?why=a%0Ab", "Bearer " + NEXT).statusCode()).isEqualTo(400);
    assertThat(ask("/admin/who?why=" + "a".repeat(501), "Bearer " + NEXT).statusCode())
        .isEqualTo(400);
  }

  @Test
  void while_a_wrong_token_waits_for_its_answer_nothing_else_from_there_is_looked_at()
      throws Exception {
    try (var slow = start(GUARDED, Duration.ofSeconds(3));
        var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      var http = new Http(slow.port());
      long begun = System.nanoTime();
      var wrong =
          clients.submit(() -> http.get("/admin/list", "Authorization", "Bearer " + NEXT + "x"));
      var refused = new AtomicReference<HttpResponse<String>>();
      await()
          .until(
              () -> {
                refused.set(http.get("/admin/list", "Authorization", "Bearer " + TOKEN));
                return refused.get().statusCode() == 429 || wrong.isDone();
              });
      assertThat(wrong.get().statusCode()).isEqualTo(401);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(3));
      assertThat(refused.get().statusCode()).isEqualTo(429);
      assertThat(refused.get().headers().firstValue("retry-after")).isPresent();
      assertThat(http.get("/admin/list", "Authorization", "Bearer " + TOKEN).body())
          .isEqualTo("all");
    }
  }
}
