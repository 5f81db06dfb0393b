package io.outboxpipeline.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.console.access.OidcSettings;
import io.outboxpipeline.runtime.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sign-in by a provider of identities; the test is the browser. */
final class OidcTest {
  private static final String CLIENT = "the-console";

  private final MockOAuth2Server provider = new MockOAuth2Server();
  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

  @SuppressWarnings("NullAway.Init") // started before each test
  private PlayedPipeline played;

  @BeforeEach
  void start() {
    provider.start();
    played = new PlayedPipeline(access(provider.issuerUrl("people").uri()));
  }

  @AfterEach
  void close() {
    played.close();
    provider.shutdown();
  }

  private static AccessSettings access(URI issuer) {
    return new AccessSettings(
        List.of(),
        Optional.empty(),
        Optional.of(new Secret("a cookie secret that all pods share")),
        Optional.empty(),
        Optional.of(
            new OidcSettings(
                issuer,
                CLIENT,
                Optional.of(new Secret("the client's secret")),
                Set.of("openid"),
                "preferred_username",
                "groups",
                Set.of("on-call"),
                Set.of("staff"))),
        Set.of(),
        Optional.of(URI.create("https://console.example/x")));
  }

  private void provides(List<String> groups, String name) {
    provides(Map.of("groups", groups, "preferred_username", name));
  }

  private void provides(Map<String, Object> claims) {
    provider.enqueueCallback(
        new DefaultOAuth2TokenCallback(
            "people", "subject", JOSEObjectType.JWT.getType(), List.of(CLIENT), claims, 600));
  }

  private record Try(URI provider, String cookie) {

    String parameter(String name) {
      return parameters(provider).getOrDefault(name, "");
    }
  }

  private static Map<String, String> parameters(URI uri) {
    return List.of(uri.getRawQuery().split("&")).stream()
        .map(p -> p.split("=", 2))
        .collect(Collectors.toMap(p -> p[0], p -> URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
  }

  private Try begin() {
    var answer = played.page("/x/oidc/begin?to=/x/p/spending/problems", "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
    String cookie = answer.headers().firstValue("set-cookie").orElseThrow();
    assertThat(cookie).contains("HttpOnly", "SameSite=Lax", "Secure", "Path=/x");
    return new Try(
        URI.create(answer.headers().firstValue("location").orElseThrow()),
        cookie.substring(0, cookie.indexOf(';')));
  }

  /** The browser at the provider; comes back with a code. */
  private Map<String, String> goTo(URI uri) throws IOException, InterruptedException {
    var answer =
        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    return parameters(URI.create(answer.headers().firstValue("location").orElseThrow()));
  }

  private HttpResponse<String> back(Map<String, String> with, String cookie) {
    return played.page(
        "/x/oidc/callback?code=" + with.get("code") + "&state=" + with.get("state"), cookie);
  }

  private static String session(HttpResponse<String> answer) {
    return answer.headers().allValues("set-cookie").stream()
        .filter(c -> c.startsWith("outbox-console="))
        .map(c -> c.substring(0, c.indexOf(';')))
        .findFirst()
        .orElse("");
  }

  @Test
  void a_person_signs_in_at_the_provider_and_comes_back_to_the_page_with_name_and_role()
      throws Exception {
    provides(List.of("staff", "on-call"), "ada");
    Try begun = begin();
    assertThat(begun.parameter("code_challenge_method")).isEqualTo("S256");
    assertThat(begun.parameter("redirect_uri"))
        .isEqualTo("https://console.example/x/oidc/callback");
    assertThat(begun.parameter("nonce")).isNotEmpty();
    var answer = back(goTo(begun.provider()), begun.cookie());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("url=/x/p/spending/problems");
    assertThat(answer.headers().allValues("set-cookie"))
        .anyMatch(c -> c.startsWith("outbox-console=") && c.contains("SameSite=Strict"))
        .anyMatch(c -> c.contains("Max-Age=0"));
    assertThat(played.page("/x/p/spending/problems", session(answer)).body())
        .contains("Signed in as ada, operator.");
  }

  @Test
  void the_claim_says_the_role_and_who_has_none_stays_out() throws Exception {
    provides(List.of("staff"), "bob");
    Try viewer = begin();
    var in = back(goTo(viewer.provider()), viewer.cookie());
    assertThat(played.page("/x/p/spending/flow", session(in)).body()).contains("bob, viewer.");

    // More groups than a cookie takes are no trouble, because only the role is kept.
    provides(IntStream.range(0, 201).mapToObj(i -> "a-long-name-of-a-group-" + i).toList(), "eve");
    Try none = begin();
    var out = back(goTo(none.provider()), none.cookie());
    assertThat(out.statusCode()).isEqualTo(403);
    assertThat(out.body()).contains("no role for this console");
    assertThat(session(out)).isEmpty();
  }

  @Test
  void another_state_code_audience_issuer_end_or_nonce_lets_nobody_in() throws Exception {
    provides(List.of("on-call"), "ada");
    Try mine = begin();
    Try other = begin();
    Map<String, String> came = goTo(mine.provider());
    assertThat(back(came, "").statusCode()).as("no cookie").isEqualTo(403);
    assertThat(back(came, other.cookie()).statusCode()).as("another try's").isEqualTo(403);
    String forged =
        mine.cookie().substring(0, mine.cookie().indexOf('='))
            + other.cookie().substring(other.cookie().indexOf('='));
    assertThat(back(came, forged).statusCode()).as("another state").isEqualTo(403);
    assertThat(
            back(Map.of("code", "made-up", "state", came.get("state")), mine.cookie()).statusCode())
        .isEqualTo(403);

    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("aud", List.of("another-client"), "groups", List.of("on-call")),
            Map.of("iss", "https://another.example", "groups", List.of("on-call")),
            Map.of("exp", 1_700_000_000L, "groups", List.of("on-call")))) {
      provides(wrong);
      Try begun = begin();
      assertThat(back(goTo(begun.provider()), begun.cookie()).statusCode())
          .as(wrong.toString())
          .isEqualTo(403);
    }

    provides(List.of("on-call"), "ada");
    Try nonce = begin();
    URI changed =
        URI.create(nonce.provider().toString().replaceAll("nonce=[^&]*", "nonce=somebody-else-s"));
    assertThat(back(goTo(changed), nonce.cookie()).statusCode()).as("nonce").isEqualTo(403);
  }

  @Test
  void two_tabs_may_sign_in_at_once_and_a_code_is_good_for_its_own_verifier_alone()
      throws Exception {
    provides(List.of("on-call"), "ada");
    provides(List.of("on-call"), "ada");
    Try one = begin();
    Try two = begin();
    String both = one.cookie() + "; " + two.cookie();
    Map<String, String> first = goTo(one.provider());
    Map<String, String> second = goTo(two.provider());
    assertThat(back(first, both).statusCode()).isEqualTo(200);
    assertThat(back(second, both).statusCode()).isEqualTo(200);
  }

  @Test
  void streams_and_programs_get_401_and_a_page_its_sign_in_and_no_redirect_to_the_provider() {
    for (String path : List.of("/x/p/spending/stream?view=flow", "/x/api/v1/pipelines")) {
      assertThat(
              played.send(played.request(path).header("accept", "text/event-stream")).statusCode())
          .isEqualTo(401);
    }
    var page = played.page("/x/p/spending/flow", "");
    assertThat(page.statusCode()).isEqualTo(303);
    assertThat(page.headers().firstValue("location").orElseThrow()).startsWith("/x/sign-in?to=");
    assertThat(played.page("/x/sign-in?to=//evil.example", "").body())
        .contains("/x/oidc/begin?to=", "Sign in with your organization");
  }

  @Test
  void a_provider_that_is_away_is_told() {
    provider.shutdown();
    assertThat(played.page("/x/oidc/begin", "").statusCode()).isEqualTo(502);
  }
}
