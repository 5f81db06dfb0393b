package io.outboxpipeline.base;

import static io.outboxpipeline.base.Api.body;
import static io.outboxpipeline.base.Api.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the API promises, wherever the spendings are. */
abstract class SpendingApiCase {
  final Api api;

  SpendingApiCase(int port) {
    api = new Api(port);
  }

  /** How many spendings there are of identities that begin so. */
  abstract long spendings(String identity);

  /** How many events wait of identities that begin so. */
  abstract long events(String identity);

  /** Whether the event waits that tells of a spending, with its number and payload. */
  abstract boolean waits(JsonObject created);

  static String someone() {
    return "someone-" + UUID.randomUUID();
  }

  @Test
  void a_spending_is_created_with_its_event() {
    String identity = someone();
    var response = api.post(body(identity, "12.50"));
    assertThat(response.statusCode()).isEqualTo(201);
    JsonObject created = json(response);
    assertThat(response.headers().firstValue("location"))
        .hasValue("/api/v1/spending/" + created.getJsonNumber("id").longValueExact());
    assertThat(created.getString("identity")).isEqualTo(identity);
    assertThat(created.getString("name")).isEqualTo("Ada");
    assertThat(created.getString("surname")).isEqualTo("Lovelace");
    assertThat(created.getString("amount")).isEqualTo("12.50");
    assertThat(created.getInt("sequence")).isEqualTo(1);
    assertThat(Instant.parse(created.getString("createdAt")))
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));

    assertThat(waits(created)).isTrue();
  }

  @Test
  void what_was_created_can_be_read() {
    var created = api.post(body(someone(), "1"));
    var read = api.get(created.headers().firstValue("location").orElseThrow());
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).isEqualTo(created.body());
  }

  @Test
  void an_identity_may_spend_many_times_and_counts_from_one() {
    String identity = someone();
    for (int n = 1; n <= 3; n++) {
      assertThat(json(api.post(body(identity, "1"))).getInt("sequence")).isEqualTo(n);
    }
    assertThat(json(api.post(body(someone(), "1"))).getInt("sequence")).isEqualTo(1);
  }

  @Test
  void an_amount_is_exact_as_number_and_as_string() {
    for (String[] c :
        new String[][] {
          {"0.01", "0.01"},
          {"7", "7.00"},
          {"\"7.5\"", "7.50"},
          {"12.500", "12.50"},
          {"1e3", "1000.00"},
          {"999999999999999999.99", "999999999999999999.99"},
          {"\"123456789012345678.91\"", "123456789012345678.91"},
          {"\"0007.10\"", "7.10"},
        }) {
      var response = api.post(body(someone(), "@").replace("\"@\"", c[0]));
      assertThat(response.statusCode()).as(c[0]).isEqualTo(201);
      assertThat(json(response).getString("amount")).isEqualTo(c[1]);
      assertThat(
              json(api.get(response.headers().firstValue("location").orElseThrow()))
                  .getString("amount"))
          .isEqualTo(c[1]);
    }
  }

  @Test
  void an_identity_is_any_text_and_compared_exactly() {
    String base = UUID.randomUUID().toString().substring(0, 8);
    var identities =
        List.of(
            base,
            base + " ",
            base + "  ",
            base.toUpperCase(java.util.Locale.ROOT) + "X",
            base + "x",
            base + "\t\n\u0000\u001f\u007f",
            base + "é",
            base + "e\u0301",
            base + "😀𝒳",
            "😀".repeat(56) + base,
            base + "+ &=%/?#\"\\'",
            " " + base);
    for (String identity : identities) {
      var response = api.post(body(identity, "1"));
      assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
      assertThat(json(response).getInt("sequence")).as(identity).isEqualTo(1);
      assertThat(json(response).getString("identity")).isEqualTo(identity);
    }
    for (String identity : identities) {
      var items = json(api.list(identity, "")).getJsonArray("items");
      assertThat(items).as(identity).hasSize(1);
      assertThat(items.getJsonObject(0).getString("identity")).isEqualTo(identity);
    }
  }

  @Test
  void a_list_is_in_order_and_read_page_by_page() {
    String identity = someone();
    for (int n = 1; n <= 5; n++) {
      api.post(body(identity, String.valueOf(n)));
    }
    JsonObject first = json(api.list(identity, "&limit=2"));
    assertThat(sequences(first)).containsExactly(1, 2);
    JsonObject second = json(api.list(identity, "&limit=2&after=" + first.getInt("next")));
    assertThat(sequences(second)).containsExactly(3, 4);
    JsonObject third = json(api.list(identity, "&limit=2&after=" + second.getInt("next")));
    assertThat(sequences(third)).containsExactly(5);
    assertThat(third.containsKey("next")).isFalse();
    JsonObject all = json(api.list(identity, ""));
    assertThat(sequences(all)).containsExactly(1, 2, 3, 4, 5);
    assertThat(all.containsKey("next")).isFalse();
    assertThat(json(api.list(identity, "&limit=5")).containsKey("next")).isFalse();
    assertThat(json(api.list(someone(), "")).getJsonArray("items")).isEmpty();
  }

  private static List<Integer> sequences(JsonObject page) {
    return page.getJsonArray("items").getValuesAs(JsonObject.class).stream()
        .map(s -> s.getInt("sequence"))
        .toList();
  }

  @Test
  void wrong_query_parameters_are_named_all_at_once() {
    var response = api.get("/api/v1/spending?limit=1001&after=-1");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(pointers(response)).containsExactly("identity", "limit", "after");
    assertThat(api.get("/api/v1/spending?identity=a&limit=0").statusCode()).isEqualTo(400);
    assertThat(api.get("/api/v1/spending?identity=a&limit=ten").statusCode()).isEqualTo(400);
    assertThat(api.get("/api/v1/spending?identity=a&limit=1000").statusCode()).isEqualTo(200);
    assertThat(api.get("/api/v1/spending?identity=" + "a".repeat(65)).statusCode()).isEqualTo(400);
  }

  private static List<String> pointers(HttpResponse<String> response) {
    return json(response).getJsonArray("errors").getValuesAs(JsonObject.class).stream()
        .map(e -> e.getString("pointer"))
        .toList();
  }

  @Test
  void wrong_fields_are_named_all_at_once_and_nothing_is_written() {
    long before = spendings("");
    var response =
        api.post(
            """
            {"identity": "%s", "name": 7, "amount": "1.234", "currency": "EUR"}
            """
                .formatted("i".repeat(65)));
    assertProblem(response, 400);
    assertThat(pointers(response))
        .containsExactly("/identity", "/name", "/surname", "/amount", "/currency");
    assertThat(spendings("")).isEqualTo(before);
  }

  @Test
  void errors_are_problems() {
    assertProblem(api.post("{"), 400);
    assertThat(json(api.post("{")).getString("instance")).isEqualTo("/api/v1/spending");
    assertProblem(api.send("POST", "/api/v1/spending", "{}", "Content-Type", "text/plain"), 415);
    assertProblem(api.post(body("x".repeat(65_536), "1")), 413);
    assertProblem(api.get("/api/v1/spending/999999999"), 404);
    assertProblem(api.get("/api/v1/spending/none"), 404);
    assertProblem(api.get("/api/v1/spending/99999999999999999999"), 404);
    assertProblem(api.get("/nowhere"), 404);
    var delete = api.send("DELETE", "/api/v1/spending/1", "");
    assertProblem(delete, 405);
    assertThat(delete.headers().firstValue("allow")).hasValue("GET");
    var put = api.send("PUT", "/api/v1/spending", "");
    assertProblem(put, 405);
    assertThat(put.headers().firstValue("allow")).hasValue("GET, POST");
  }

  static void assertProblem(HttpResponse<String> response, int status) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/problem+json");
  }

  @Test
  void the_same_key_and_fields_give_the_first_answer_and_write_nothing() {
    String identity = someone();
    double replays = api.metric("base_idempotent_replays_total");
    var first = api.postWithKey(identity, body(identity, "5.50"));
    var again = api.postWithKey(identity, body(identity, "5.50"));
    var otherwiseWritten =
        api.postWithKey(identity, " " + body(identity, "@").replace("\"@\"", "5.5"));
    assertThat(first.statusCode()).isEqualTo(201);
    for (var repeated : List.of(again, otherwiseWritten)) {
      assertThat(repeated.statusCode()).isEqualTo(201);
      assertThat(repeated.body()).isEqualTo(first.body());
      assertThat(repeated.headers().firstValue("location"))
          .isEqualTo(first.headers().firstValue("location"));
    }
    assertThat(spendings(identity)).isEqualTo(1);
    assertThat(events(identity)).isEqualTo(1);
    assertThat(api.metric("base_idempotent_replays_total") - replays).isEqualTo(2);
  }

  @Test
  void the_same_key_with_another_field_is_422_and_writes_nothing() {
    String identity = someone();
    api.postWithKey(identity, body(identity, "5.50"));
    assertProblem(api.postWithKey(identity, body(identity, "5.51")), 422);
    String other = someone();
    assertProblem(api.postWithKey(identity, body(other, "5.50")), 422);
    assertThat(spendings(identity)).isEqualTo(1);
    assertThat(spendings(other)).isZero();
    assertThat(json(api.post(body(other, "1"))).getInt("sequence")).isEqualTo(1);
  }

  @Test
  void keys_are_compared_exactly_and_limited() {
    String identity = someone();
    String key = identity + "a";
    api.postWithKey(key, body(identity, "1"));
    assertThat(api.postWithKey(identity + "A", body(identity, "2")).statusCode()).isEqualTo(201);
    assertThat(
            api.postWithKey("k".repeat(219) + identity.substring(8), body(identity, "3"))
                .statusCode())
        .isEqualTo(201);
    assertThat(api.postWithKey(identity + ",b,;\"", body(identity, "4")).statusCode())
        .as("a key is one text, whatever lists of values look like")
        .isEqualTo(201);
    for (String bad : new String[] {"k".repeat(256), "two words", ""}) {
      var response = api.postWithKey(bad, body(identity, "4"));
      assertProblem(response, 400);
      assertThat(pointers(response)).containsExactly("Idempotency-Key");
    }
    var twice =
        api.post(body(identity, "4"), "Idempotency-Key", key + "1", "Idempotency-Key", key + "2");
    assertProblem(twice, 400);
    assertThat(spendings(identity)).isEqualTo(4);
  }

  @Test
  void of_64_requests_at_once_with_one_key_exactly_one_writes() throws Exception {
    String identity = someone();
    var answers =
        Api.atOnce(
            IntStream.range(0, 64)
                .<Callable<HttpResponse<String>>>mapToObj(
                    i -> () -> api.postWithKey(identity, body(identity, "9.99")))
                .toList());
    assertThat(answers).allMatch(r -> r.statusCode() == 201);
    assertThat(answers.stream().map(HttpResponse::body).distinct()).hasSize(1);
    assertThat(spendings(identity)).isEqualTo(1);
    assertThat(events(identity)).isEqualTo(1);
  }

  @Test
  void of_requests_at_once_with_one_key_and_different_fields_exactly_one_writes() throws Exception {
    String key = someone();
    var answers =
        Api.atOnce(
            IntStream.range(0, 32)
                .<Callable<HttpResponse<String>>>mapToObj(
                    i -> () -> api.postWithKey(key, body(key + i, "9.99")))
                .toList());
    assertThat(answers.stream().filter(r -> r.statusCode() == 201)).hasSize(1);
    assertThat(answers.stream().filter(r -> r.statusCode() == 422)).hasSize(31);
    assertThat(spendings(key)).isEqualTo(1);
    assertThat(events(key)).isEqualTo(1);
  }

  @Test
  void requests_at_once_of_one_identity_get_numbers_without_gaps() throws Exception {
    String identity = someone();
    var answers =
        Api.atOnce(
            IntStream.range(0, 40)
                .<Callable<HttpResponse<String>>>mapToObj(i -> () -> api.post(body(identity, "1")))
                .toList());
    assertThat(answers.stream().map(r -> json(r).getInt("sequence")))
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 40).boxed().toList());
    assertThat(sequences(json(api.list(identity, "&limit=100"))))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 40).boxed().toList());
  }

  @Test
  void the_metrics_tell_what_happened() {
    double created = api.metric("base_spendings_created_total");
    api.post(body(someone(), "1"));
    assertThat(api.metric("base_spendings_created_total") - created).isEqualTo(1);
    assertThat(api.metric("base_spendings_created_total")).isPositive();
    String metrics = api.get("/metrics").body();
    assertThat(metrics)
        .contains(
            "base_http_requests_seconds_bucket{method=\"POST\",path=\"/api/v1/spending\","
                + "status=\"201\"");
    api.post("{");
    await()
        .until(
            () ->
                api.get("/metrics")
                    .body()
                    .contains(
                        "base_http_requests_seconds_count{method=\"POST\","
                            + "path=\"/api/v1/spending\",status=\"400\""));
  }

  @Test
  void event_ids_are_unique_uuids_of_version_7() {
    var ids = new HashSet<String>();
    for (int i = 0; i < 20; i++) {
      var id = UUID.fromString(json(api.post(body(someone(), "1"))).getString("eventId"));
      assertThat(id.version()).isEqualTo(7);
      ids.add(id.toString());
    }
    assertThat(ids).hasSize(20);
  }
}
