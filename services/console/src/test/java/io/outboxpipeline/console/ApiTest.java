package io.outboxpipeline.console;

import static io.outboxpipeline.console.PlayedPipeline.fields;
import static io.outboxpipeline.console.PlayedPipeline.items;
import static io.outboxpipeline.console.PlayedPipeline.json;
import static io.outboxpipeline.console.PlayedPipeline.list;
import static io.outboxpipeline.console.PlayedPipeline.parked;
import static io.outboxpipeline.console.PlayedPipeline.quarantined;
import static io.outboxpipeline.console.PlayedPipeline.rejected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API says, and what its actions tell the services. */
final class ApiTest {
  private static final String PIPELINE = "/pipelines/spending";

  private final PlayedPipeline played = new PlayedPipeline();

  @AfterEach
  void close() {
    played.close();
  }

  private JsonObject figures(String place) {
    return list(played.get(PIPELINE + "/flow"), "stations").stream()
        .filter(s -> s.getString("place").equals(place))
        .findFirst()
        .orElseThrow()
        .getJsonObject("figures");
  }

  private JsonObject ended(JsonObject job) {
    String path = PIPELINE + "/actions/" + job.getString("job");
    await().until(() -> !played.get(path).getString("state").equals("running"));
    return played.get(path);
  }

  @Test
  void the_flow_has_a_figure_for_each_place_and_rates_once_counters_were_read_twice() {
    assertThat(figures("outbox").getInt("waiting")).isEqualTo(12);
    assertThat(figures("outbox").getJsonNumber("oldestSeconds").doubleValue()).isEqualTo(3.5);
    assertThat(figures("queue").getInt("visible")).isEqualTo(4);
    assertThat(figures("relays").containsKey("sentPerSecond")).isFalse();
    played.relay.says("/metrics", "outbox_relay_events_sent_total 200\n");
    await().until(() -> figures("relays").containsKey("sentPerSecond"));
    await().until(() -> figures("relays").getJsonNumber("sentPerSecond").doubleValue() > 0);
    assertThat(figures("outbox").containsKey("waiting")).as("what is not exported").isFalse();
  }

  @Test
  void problems_of_all_services_stand_in_one_list_without_payloads_and_with_exact_numbers() {
    played.relay.says("/admin/quarantine", quarantined(0, 2));
    played
        .consumer
        .says("/admin/rejected", items(rejected("r", "not understood")))
        .says("/admin/parked", items(parked("p")))
        .says(
            "/admin/queue",
            "{\"visible\":0,\"inFlight\":0,\"deadLetters\":3,\"deadLetterQueue\":\"dead\"}");
    JsonObject all = played.get(PIPELINE + "/problems");
    assertThat(fields(list(all, "items"), "category"))
        .isEqualTo("quarantined quarantined rejected parked");
    assertThat(list(all, "items").getFirst().getString("sequence")).isEqualTo("9007199254740993");
    assertThat(list(all, "groups").getFirst().getInt("count")).isEqualTo(2);
    assertThat(list(all, "groups").getFirst().getInt("waiting")).isEqualTo(6);
    assertThat(all.getJsonObject("deadLetters").getInt("approximately")).isEqualTo(3);
    assertThat(all.toString()).doesNotContain("a secret");
  }

  @ParameterizedTest
  @CsvSource({
    "category=parked, p",
    "category=rejected&aggregateId=r, r",
    "aggregateType=test&reason=NOT%20UNDER, r",
    "eventType=happened&aggregateId=a000, a000",
    "aggregateType=other, ''",
    "eventType=other, ''",
    "reason=large, a000",
  })
  void each_field_of_the_filter_means_the_same_in_list_and_action(String query, String found) {
    played.relay.says("/admin/quarantine", quarantined(0, 1));
    played
        .consumer
        .says("/admin/rejected", items(rejected("r", "not understood")))
        .says("/admin/parked", items(parked("p")));
    String listed =
        fields(list(played.get(PIPELINE + "/problems?" + query), "items"), "aggregateId");
    assertThat(listed).isEqualTo(found);
    String filter =
        java.util.Arrays.stream(query.split("&"))
            .map(f -> f.replace("%20", " ").split("="))
            .map(f -> "\"" + f[0] + "\":\"" + f[1] + "\"")
            .collect(java.util.stream.Collectors.joining(","));
    var seen = new java.util.TreeSet<String>();
    for (String action : new String[] {"retry", "skip"}) {
      JsonObject look = played.look("{\"action\":\"" + action + "\",\"filter\":{" + filter + "}}");
      list(look, "items").forEach(i -> seen.add(i.getString("aggregateId")));
    }
    assertThat(String.join(" ", seen)).isEqualTo(found);
  }

  @Test
  void an_action_takes_what_the_dry_run_counted_and_nothing_that_came_later() {
    played.relay.says("/admin/quarantine", quarantined(0, 3));
    JsonObject look = played.look("{\"action\":\"retry\"}");
    assertThat(look.getInt("count")).isEqualTo(3);
    assertThat(played.relay.posts()).as("a look changes nothing").isEmpty();
    played.relay.says("/admin/quarantine", quarantined(0, 50));
    JsonObject job = played.act(look, "the limit was raised");
    JsonObject end = ended(job);
    assertThat(end.getString("state")).isEqualTo("finished");
    assertThat(end.getInt("done")).isEqualTo(3);
    assertThat(played.relay.posts())
        .extracting(PlayedService.Asked::target)
        .containsExactly(
            "/admin/quarantine/e0/retry?why=operator%3A%20the%20limit%20was%20raised",
            "/admin/quarantine/e1/retry?why=operator%3A%20the%20limit%20was%20raised",
            "/admin/quarantine/e2/retry?why=operator%3A%20the%20limit%20was%20raised");
    played.act(look, "once more");
    assertThat(ended(job).getInt("done")).as("the same snapshot is the same action").isEqualTo(3);
    assertThat(played.relay.posts()).hasSize(3);
  }

  @Test
  void each_category_is_told_to_the_service_that_keeps_it() {
    played
        .consumer
        .says("/admin/rejected", items(rejected("r", "not understood")))
        .says("/admin/parked", items(parked("p")))
        .says("/admin/conflicts", items(rejected("c", "twice")));
    for (String action : new String[] {"skip", "apply", "discard"}) {
      ended(played.act(played.look("{\"action\":\"" + action + "\"}"), "why"));
    }
    assertThat(played.consumer.posts())
        .extracting(p -> p.target().replaceAll("\\?.*", ""))
        .containsExactly(
            "/admin/parked/skip",
            "/admin/conflicts/apply",
            "/admin/rejected/discard",
            "/admin/conflicts/discard");
    assertThat(json(played.consumer.posts().getFirst().body()))
        .isEqualTo(
            json(
                "{\"source\":\"s\",\"aggregateType\":\"test\",\"aggregateId\":\"p\",\"missing\":5}"));
    assertThat(json(played.consumer.posts().get(1).body()).getString("eventId")).isEqualTo("r-c");
  }

  @Test
  void one_that_fails_stops_no_other_and_a_row_of_failures_ends_the_action() {
    played.relay.says("/admin/quarantine", quarantined(0, 20));
    played.relay.says("/admin/quarantine/e1/retry", 500, "{\"detail\":\"broken\"}");
    played.relay.says("/admin/quarantine/e2/retry", 404, "{\"detail\":\"not held\"}");
    for (int n = 10; n < 20; n++) {
      played.relay.says("/admin/quarantine/e" + n + "/retry", 503, "{\"detail\":\"away\"}");
    }
    JsonObject end = ended(played.act(played.look("{\"action\":\"retry\"}"), "why"));
    assertThat(end.getString("state")).isEqualTo("gave-up");
    assertThat(end.getInt("gone")).isEqualTo(1);
    assertThat(end.getInt("done")).isEqualTo(8);
    assertThat(end.getInt("failed")).isEqualTo(6);
    assertThat(end.getJsonArray("failures").getString(0)).contains("a001", "broken");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"snapshot\":\"S\",\"count\":2,\"why\":\"\"} | 400",
        "{\"snapshot\":\"S\",\"count\":2} | 400",
        "{\"snapshot\":\"S\",\"count\":3,\"why\":\"x\"} | 409",
        "{\"snapshot\":\"S\",\"why\":\"x\"} | 409",
        "{\"snapshot\":\"other\",\"count\":2,\"why\":\"x\"} | 409",
      })
  void an_action_needs_a_reason_the_snapshot_and_its_count(String body, int status) {
    played.relay.says("/admin/quarantine", quarantined(0, 2));
    String id = played.look("{\"action\":\"retry\"}").getString("snapshot");
    assertThat(
            played
                .post(PIPELINE + "/actions", body.replace("\"S\"", "\"" + id + "\""))
                .statusCode())
        .isEqualTo(status);
    assertThat(played.relay.posts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"action\":\"drop\"}",
        "{\"action\":\"retry\",\"filter\":{\"aggregate\":\"a\"}}",
        "{\"action\":\"retry\",\"filter\":{\"keys\":[]}}",
        "{\"action\":\"retry\",\"filter\":{\"category\":\"all\"}}",
        "{\"action\":\"retry\",\"filter\":[]}",
      })
  void a_filter_that_is_not_understood_is_refused_and_never_means_all(String body) {
    assertThat(played.post(PIPELINE + "/dry-runs", body).statusCode()).isEqualTo(400);
  }

  @Test
  void a_viewer_may_look_and_not_decide() {
    for (String path : new String[] {"/dry-runs", "/actions"}) {
      var answer = played.post(PIPELINE + path, "{\"action\":\"retry\"}", PlayedPipeline.VIEWER);
      assertThat(answer.statusCode()).isEqualTo(403);
    }
    assertThat(played.get(PIPELINE + "/problems").getJsonArray("items")).isEmpty();
  }

  @Test
  void services_that_hang_are_named_within_five_seconds_and_the_others_are_shown() {
    played.consumer.says("/admin/parked", items(parked("p")));
    played.relay.fallSilent(true);
    long began = System.nanoTime();
    JsonObject problems = played.get(PIPELINE + "/problems");
    JsonObject flow = played.get(PIPELINE + "/flow");
    JsonObject slots = played.get(PIPELINE + "/partitions");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    assertThat(fields(list(problems, "items"), "category")).isEqualTo("parked");
    for (JsonObject part : new JsonObject[] {problems, flow, slots}) {
      assertThat(fields(list(part, "troubles"), "kind")).isEqualTo("relay");
      assertThat(fields(list(part, "troubles"), "why")).contains("gave no answer");
    }
    played.relay.close();
    await()
        .untilAsserted(
            () ->
                assertThat(fields(list(played.get(PIPELINE + "/partitions"), "troubles"), "why"))
                    .contains("nothing listens there"));
  }

  @Test
  void an_event_is_found_where_it_is() {
    String id = "&aggregateType=test&aggregateId=a000";
    played.relay.says(
        "/admin/aggregate",
        """
        {"slot":7,"items":[
          {"eventId":"first","sequence":"1","eventType":"t","committedAt":"2026-01-02T03:04:05Z"},
          {"eventId":"second","sequence":"2","eventType":"t","committedAt":"2026-01-02T03:04:06Z"}]}
        """);
    played.consumer.says(
        "/admin/aggregate",
        """
        {"items":[{"source":"s","last":"4","standstill":"parked",
                   "kept":[{"eventId":"early","sequence":"7","eventType":"t"}]}],
         "applied":[{"eventId":"done","sequence":"4","appliedAt":"2026-01-02T03:04:07Z"}]}
        """);
    played.relay.says("/admin/quarantine", quarantined(0, 1));
    JsonObject second = played.get(PIPELINE + "/event?eventId=second" + id);
    assertThat(second.getString("place")).isEqualTo("outbox");
    assertThat(second.getInt("before")).isEqualTo(1);
    assertThat(second.getString("reason")).isEqualTo("too large");
    JsonObject early = played.get(PIPELINE + "/event?eventId=early" + id);
    assertThat(early.getString("place")).isEqualTo("parked");
    assertThat(early.getString("reason")).as("the missing number").isEqualTo("5");
    assertThat(played.get(PIPELINE + "/event?eventId=done" + id).getString("place"))
        .isEqualTo("applied");
    assertThat(played.get(PIPELINE + "/event?eventId=e0").getString("place"))
        .as("a problem, without its aggregate")
        .isEqualTo("quarantined");
    assertThat(played.get(PIPELINE + "/event?eventId=none" + id).getString("place"))
        .isEqualTo("not-found");
    assertThat(played.get(PIPELINE + "/event?eventId=none").getString("place"))
        .isEqualTo("aggregate-needed");
  }

  @Test
  void decisions_of_relay_and_consumer_stand_in_one_list_the_newest_first() {
    played.relay.says(
        "/admin/decisions",
        items(
            "{\"at\":\"2026-01-02T03:04:05Z\",\"decision\":\"retry\",\"eventId\":\"e\",\"token\":\"t\",\"address\":\"a\",\"why\":\"w\"}"));
    played.consumer.says(
        "/admin/decisions",
        items(
            "{\"at\":\"2026-01-02T03:04:06Z\",\"decision\":\"skipped\",\"aggregateType\":\"x\",\"aggregateId\":\"y\",\"sequence\":\"4\"}"));
    assertThat(fields(list(played.get(PIPELINE + "/decisions"), "items"), "about"))
        .isEqualTo("x y, number 4 e");
  }

  @Test
  void the_api_is_described() {
    assertThat(played.send(played.request("/openapi")).body()).contains("/dry-runs");
    assertThat(played.get("/pipelines").getJsonArray("items").getString(0)).isEqualTo("spending");
    var unknown =
        played.send(
            played
                .request("/api/v1/pipelines/other/flow")
                .header("authorization", "Bearer " + PlayedPipeline.VIEWER));
    assertThat(unknown.statusCode()).isEqualTo(404);
  }
}
