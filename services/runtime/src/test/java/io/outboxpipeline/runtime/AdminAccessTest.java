package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AdminAccessTest {
  private static final String TOKEN = "0123456789abcdef";

  private final Metrics metrics = new Metrics();
  private final ServiceServer open = start(ServerSettings.local(0));
  private final ServiceServer guarded =
      start(ServerSettings.local(0).withAdminToken(new Secret(TOKEN)));

  private ServiceServer start(ServerSettings settings) {
    return ServiceServer.builder("example", settings, metrics)
        .routing(
            routing ->
                AdminAccess.register(
                    routing, settings, rules -> rules.get("/list", (req, res) -> res.send("all"))))
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
}
