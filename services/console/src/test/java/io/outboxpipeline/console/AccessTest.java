package io.outboxpipeline.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.runtime.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who comes in, from where, and under which name. */
final class AccessTest {
  private static final String FORM = "action=retry";

  private PlayedPipeline played = new PlayedPipeline();

  @AfterEach
  void close() {
    played.close();
  }

  private void restart(AccessSettings access) {
    played.close();
    played = new PlayedPipeline(access);
  }

  @Test
  void a_page_leads_to_the_sign_in_and_programs_and_streams_are_told() {
    var page = played.page("/p/spending/problems?reason=x%26y", "");
    assertThat(page.statusCode()).isEqualTo(303);
    assertThat(page.headers().firstValue("location").orElseThrow())
        .isEqualTo("/sign-in?to=%2Fp%2Fspending%2Fproblems%3Freason%3Dx%2526y");
    for (String path :
        new String[] {"/p/spending/stream?view=flow", "/api/v1/pipelines", "/p/spending/flow"}) {
      assertThat(played.send(played.request(path)).statusCode()).as(path).isEqualTo(401);
    }
    assertThat(played.send(played.request("/health/live")).statusCode()).isEqualTo(200);
  }

  @Test
  void a_token_opens_a_session_whose_cookie_no_script_and_no_other_site_gets() {
    var answer =
        played.form(
            "/sign-in", "token=" + PlayedPipeline.VIEWER.replace(" ", "+") + "&name=Ada", "");
    assertThat(answer.statusCode()).isEqualTo(303);
    String cookie = answer.headers().firstValue("set-cookie").orElseThrow();
    assertThat(cookie).contains("; HttpOnly", "; SameSite=Strict", "; Path=/;");
    String session = played.signIn(PlayedPipeline.VIEWER);
    var page = played.page("/p/spending/flow", session);
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("Signed in as Ada, viewer.");
    assertThat(page.headers().firstValue("cache-control")).contains("no-store");
    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .contains("script-src 'self'")
        .doesNotContain("unsafe", "nonce");
    assertThat(played.form("/p/spending/look", FORM, session).statusCode()).isEqualTo(403);
    var out = played.form("/sign-out", "", session);
    assertThat(out.headers().firstValue("set-cookie").orElseThrow()).contains("Max-Age=0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "OPERATOR.99999999999.QQ.x", "..", "a.b.c.d"})
  void a_cookie_that_is_not_ours_opens_nothing(String value) {
    assertThat(played.page("/p/spending/flow", "outbox-console=" + value).statusCode())
        .isEqualTo(303);
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_cookie_whose_role_was_changed_opens_nothing() {
    String viewers = played.signIn(PlayedPipeline.VIEWER);
    String cookie = viewers.replace(base64("VIEWER"), base64("OPERATOR"));
    assertThat(cookie).isNotEqualTo(viewers);
    assertThat(played.page("/p/spending/flow", cookie).statusCode()).isEqualTo(303);
  }

  @Test
  void another_console_with_the_same_tokens_takes_the_cookie_and_one_with_others_does_not() {
    String cookie = played.signIn(PlayedPipeline.OPERATOR);
    try (var same = new PlayedPipeline();
        var other = new PlayedPipeline(AccessSettings.link(new Secret("another secret, long")))) {
      assertThat(same.page("/p/spending/flow", cookie).statusCode()).isEqualTo(200);
      assertThat(other.page("/p/spending/flow", cookie).statusCode()).isEqualTo(303);
    }
  }

  @Test
  void a_wrong_token_waits_a_second() {
    long began = System.nanoTime();
    assertThat(played.form("/sign-in", "token=wrong", "").statusCode()).isEqualTo(401);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(990));
    assertThat(played.post("/pipelines/spending/dry-runs", "{}", "wrong").statusCode())
        .isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "same-origin, '', 200",
    "cross-site, '', 403",
    "same-site, '', 403",
    "none, '', 403",
    "'', http://127.0.0.1:PORT, 200",
    "'', http://localhost:PORT, 403",
    "'', http://127.0.0.1:1, 403",
    "'', http://evil.example, 403",
    "'', null, 403",
    "same-origin, http://evil.example, 403",
    "'', '', 403",
  })
  void only_a_page_of_the_console_changes_something(String site, String origin, int status) {
    String cookie = played.signIn(PlayedPipeline.OPERATOR);
    HttpRequest.Builder request =
        played
            .request("/p/spending/look")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .POST(HttpRequest.BodyPublishers.ofString(FORM));
    if (!site.isEmpty()) {
      request.header("sec-fetch-site", site);
    }
    if (!origin.isEmpty()) {
      request.header("origin", origin.replace("PORT", Integer.toString(played.port())));
    }
    assertThat(played.send(request).statusCode()).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example, 421",
    "evil.example:8080, 421",
    "localhost.evil.example, 421",
    "127.0.0.1.evil.example, 421",
    "localhost, 303",
    "localhost:8080, 303",
    "127.0.0.1:9999, 303",
    "[::1]:8080, 303",
    "Console.Example, 303",
    "public.example, 303",
  })
  void only_known_names_reach_the_console(String host, int status) throws IOException {
    restart(
        PlayedPipeline.tokens(
            Optional.of(URI.create("https://public.example")), Set.of("console.example")));
    String answer = raw("GET / HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/html\r\n");
    assertThat(answer).startsWith("HTTP/1.1 " + status);
  }

  private String raw(String head) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), played.port())) {
      socket
          .getOutputStream()
          .write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void behind_a_proxy_with_tls_and_a_path_all_links_and_cookies_have_the_path() {
    restart(
        PlayedPipeline.tokens(Optional.of(URI.create("https://public.example/x/y/")), Set.of()));
    HttpRequest.Builder in =
        played
            .request("/x/y/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://public.example")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "token=" + PlayedPipeline.OPERATOR.replace(" ", "+").replace("'", "%27")));
    var answer = played.send(in);
    assertThat(answer.statusCode()).isEqualTo(303);
    assertThat(answer.headers().firstValue("location")).contains("/x/y/");
    String cookie = answer.headers().firstValue("set-cookie").orElseThrow();
    assertThat(cookie).contains("; Path=/x/y;", "; Secure");
    String body = played.page("/x/y/p/spending/flow", cookie.replaceAll(";.*", "")).body();
    assertThat(body).contains("href=\"/x/y/assets/console.css\"");
    assertThat(body.replaceAll("(href|src|action|data-stream)=\"(/x/y/|#)", ""))
        .doesNotContain("href=", "src=", "action=", "data-stream=");
    for (String path : new String[] {"/x/y", "/x/y/"}) {
      assertThat(played.page(path, cookie.replaceAll(";.*", "")).statusCode()).isEqualTo(303);
    }
  }

  @Test
  void without_sign_in_the_secret_in_the_url_becomes_a_cookie_and_nothing_else_opens() {
    restart(AccessSettings.link(new Secret("the key of the link, long")));
    var first = played.page("/?key=the+key+of+the+link%2C+long", "");
    assertThat(first.statusCode()).isEqualTo(303);
    var second = played.page(first.headers().firstValue("location").orElseThrow(), "");
    assertThat(second.statusCode()).isEqualTo(200);
    String cookie = second.headers().firstValue("set-cookie").orElseThrow().replaceAll(";.*", "");
    assertThat(played.page("/p/spending/flow", cookie).statusCode()).isEqualTo(200);
    assertThat(played.page("/?key=wrong", "").headers().firstValue("set-cookie")).isEmpty();
    assertThat(played.page("/sign-in?key=wrong", "").headers().firstValue("set-cookie")).isEmpty();
    assertThat(played.page("/p/spending/flow", "").statusCode()).isEqualTo(303);
  }

  @ParameterizedTest
  @CsvSource({
    "/p/spending/slots, /p/spending/slots",
    "//evil.example, /",
    "/\\evil.example, /",
    "https://evil.example, /",
    "'', /",
  })
  void after_the_sign_in_one_stays_here(String to, String leads) {
    String token = PlayedPipeline.VIEWER.replace(" ", "+").replace("'", "%27");
    String form = "token=" + token + "&to=" + to.replace("\\", "%5C");
    assertThat(played.form("/sign-in", form, "").headers().firstValue("location")).contains(leads);
  }
}
