package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.items;
import static io.outboxpipeline.console.PlayedPipeline.json;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dead letters on their page and in the API. */
final class DeadLettersPageTest {
  private static final String API = "/pipelines/spending/dead-letters";
  private static final String REDRIVE = "/admin/dead-letters/redrive";
  private static final String RUNNING =
      "{\"id\":\"7\",\"state\":\"running\",\"total\":9,\"moved\":2,\"again\":1,\"failed\":0,\"why\":\"Ada: x\"}";

  private final PlayedPipeline played = new PlayedPipeline();
  private final String cookie = played.signIn(PlayedPipeline.OPERATOR);

  @AfterEach
  void close() {
    played.close();
  }

  static String letters(String reason, String text) {
    return """
        {"queue":"%s","approximateCount":41,"items":[
         {"messageId":"m1","reason":"%s","receives":"5","since":"2026-01-01T00:00:00Z","expiresAt":"2026-01-15T00:00:00Z",
          "bytes":1234,"events":[{"eventId":"e1","aggregateType":"%s","aggregateId":"a","sequence":"9007199254740993",
          "eventType":"%s","traceId":"%s"}]},
         {"messageId":"m2","reason":"%s","since":"2026-01-02T00:00:00Z","expiresAt":"2026-01-14T00:00:00Z","events":[]}]}
        """
        .formatted(text, reason, text, text, text, reason);
  }

  @Test
  void some_are_shown_by_reason_with_when_the_first_expires_and_the_first_to_expire_first() {
    played.consumer.says("/admin/dead-letters", letters("not ours", "test"));
    JsonObject told = played.get(API);
    assertThat(told.getInt("approximateCount")).isEqualTo(41);
    assertThat(told.getJsonArray("items").getJsonObject(0).getString("messageId")).isEqualTo("m2");
    JsonObject group = told.getJsonArray("groups").getJsonObject(0);
    assertThat(group.getInt("count")).isEqualTo(2);
    assertThat(group.getString("expiresAt")).isEqualTo("2026-01-14T00:00:00Z");
    assertThat(played.page("/p/spending/dead-letters", cookie).body())
        .contains("About 41 are in test.", "9007199254740993", "Move 41 back");
  }

  @Test
  void a_person_moves_them_back_with_a_reason_and_a_rate_and_the_consumer_keeps_the_state() {
    played.consumer.says("/admin/dead-letters", letters("not ours", "test"));
    assertThat(
            played
                .form("/p/spending/redrive", "id=1&count=41&perSecond=5&why=+", cookie)
                .statusCode())
        .isEqualTo(400);
    assertThat(
            played
                .form("/p/spending/redrive", "id=1&count=41&perSecond=1000&why=x", cookie)
                .statusCode())
        .isEqualTo(400);
    assertThat(played.consumer.posts()).isEmpty();
    var asked = played.form("/p/spending/redrive", "id=1&count=41&perSecond=5&why=mended", cookie);
    assertThat(asked.statusCode()).isEqualTo(303);
    assertThat(played.consumer.posts().getFirst().target())
        .isEqualTo(REDRIVE + "?why=Ada%3A%20mended");
    assertThat(json(played.consumer.posts().getFirst().body()).getInt("count")).isEqualTo(41);

    played.consumer.says("/admin/dead-letters/redrives", items(RUNNING));
    assertThat(played.page("/p/spending/dead-letters", cookie).body())
        .contains("2 of 9; 1 came back, 0 failed", "Stop it")
        .doesNotContain("Move 41 back");
    played.form("/p/spending/redrive-stop", "id=7&why=enough", cookie);
    assertThat(played.consumer.posts().getLast().target()).contains("/stop?why=Ada%3A%20enough");
  }

  @Test
  void those_of_a_filter_alone_are_shown_and_moved_back() {
    played.consumer.says("/admin/dead-letters", letters("not ours", "test"));
    String page = played.page("/p/spending/dead-letters?reason=not+ours", cookie).body();
    assertThat(page)
        .contains("Move back those that match", "name=\"reason\" value=\"not ours\"")
        .contains("reason=not%20ours")
        .doesNotContain("Move 41 back");
    played.form(
        "/p/spending/redrive", "id=1&count=41&perSecond=5&why=mended&reason=not+ours", cookie);
    var told = played.consumer.posts().getFirst();
    assertThat(told.target()).startsWith(REDRIVE + "-matching?");
    assertThat(json(told.body()).getJsonObject("filter").toString())
        .isEqualTo("{\"reason\":\"not ours\"}");
    played.post(
        "/pipelines/spending/redrives",
        "{\"id\":\"1\",\"count\":4,\"why\":\"w\",\"filter\":{\"aggregateId\":\"a\"}}");
    assertThat(json(played.consumer.posts().getLast().body()).getJsonObject("filter").toString())
        .isEqualTo("{\"aggregateId\":\"a\"}");
    for (String filter : new String[] {"{\"category\":\"parked\"}", "{\"other\":\"x\"}", "[]"}) {
      String body = "{\"id\":\"1\",\"count\":4,\"why\":\"w\",\"filter\":" + filter + "}";
      assertThat(played.post("/pipelines/spending/redrives", body).statusCode())
          .as(filter)
          .isEqualTo(400);
    }
    assertThat(played.consumer.posts()).hasSize(2);
  }

  @Test
  void a_viewer_may_not_and_what_the_consumer_refuses_is_told() {
    played.consumer.says("/admin/dead-letters", letters("not ours", "test"));
    String viewer = played.signIn(PlayedPipeline.VIEWER);
    assertThat(played.page("/p/spending/dead-letters", viewer).body())
        .contains("not ours")
        .doesNotContain("Move 41 back");
    assertThat(
            played
                .form("/p/spending/redrive", "id=1&count=1&perSecond=1&why=x", viewer)
                .statusCode())
        .isEqualTo(403);
    assertThat(played.consumer.posts()).isEmpty();
    played.consumer.says(REDRIVE, 409, "{\"detail\":\"Another redrive runs.\"}");
    var refused = played.form("/p/spending/redrive", "id=1&count=1&perSecond=1&why=x", cookie);
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("Another redrive runs.");
  }
}
