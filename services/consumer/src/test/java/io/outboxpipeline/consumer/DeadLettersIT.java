package io.outboxpipeline.consumer;

import static io.outboxpipeline.consumer.Pipe.event;
import static io.outboxpipeline.consumer.Pipe.get;
import static io.outboxpipeline.consumer.Pipe.json;
import static io.outboxpipeline.consumer.Pipe.numbers;
import static io.outboxpipeline.consumer.Pipe.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dead letters are seen without being lost, and go back. */
final class DeadLettersIT {
  private static final String REDRIVE = "/admin/dead-letters/redrive?why=mended";

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static EmbeddedSqs sqs;

  @BeforeAll
  static void startSqs() {
    sqs = EmbeddedSqs.start(0);
  }

  @AfterAll
  static void stopSqs() {
    sqs.close();
  }

  /** Waits for its tables. */
  private static void started(ConsumerService consumer) {
    await().until(() -> get(consumer, "/admin/dead-letters/redrives").statusCode() == 200);
  }

  private static List<JsonObject> items(ConsumerService consumer) {
    return items(consumer, "");
  }

  private static List<JsonObject> items(ConsumerService consumer, String query) {
    var answer = get(consumer, "/admin/dead-letters" + query);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer).getJsonArray("items").getValuesAs(JsonObject.class);
  }

  private static String body(String id, int count, int perSecond) {
    return "{\"id\":\"%s\",\"count\":%s,\"perSecond\":%s}".formatted(id, count, perSecond);
  }

  private static JsonObject ended(ConsumerService consumer, String id) {
    await()
        .until(
            () ->
                redrives(consumer).stream()
                    .anyMatch(
                        r ->
                            r.getString("id").equals(id)
                                && !r.getString("state").equals("running")));
    return redrives(consumer).stream()
        .filter(r -> r.getString("id").equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static List<JsonObject> redrives(ConsumerService consumer) {
    return json(get(consumer, "/admin/dead-letters/redrives"))
        .getJsonArray("items")
        .getValuesAs(JsonObject.class);
  }

  @Test
  void a_look_tells_whose_why_and_until_when_hides_nothing_and_shows_no_payload() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      pipe.sendBody("not an event with a secret", "x");
      pipe.deadLetter(event("alice", 1));
      await().untilAsserted(() -> assertThat(items(consumer)).hasSize(2));
      // The first look did not hide them from the second one.
      List<JsonObject> items = items(consumer);
      JsonObject readable =
          items.stream().filter(i -> !i.getJsonArray("events").isEmpty()).findFirst().orElseThrow();
      assertThat(readable.getJsonArray("events").getJsonObject(0).getString("eventId"))
          .isEqualTo(event("alice", 1).id().toString());
      assertThat(readable.getString("reason")).contains("too often");
      assertThat(readable.containsKey("expiresAt")).as("this server does not tell").isFalse();
      assertThat(items.toString()).contains("malformed").doesNotContain("secret", "Lovelace");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_redrive_moves_each_back_within_the_window_in_which_sqs_drops_a_second_send(boolean fifo) {
    try (var pipe = Pipe.of(sqs, TestDatabase.preferred().create(), fifo, 30, 5)) {
      ConsumerService consumer = pipe.start();
      // Sent with the deduplication id that a relay gives them, moved, and now moved back at once.
      pipe.deadLetter(event("alice", 1), event("alice", 2), event("bob", 1));
      await().untilAsserted(() -> assertThat(items(consumer)).hasSize(3));
      String id = UUID.randomUUID().toString();
      var asked = post(consumer, REDRIVE, body(id, 3, 50));
      assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
      assertThat(post(consumer, REDRIVE, body(id, 3, 50)).statusCode())
          .as("the same id is the same redrive")
          .isEqualTo(202);
      JsonObject ended = ended(consumer, id);
      assertThat(ended.getString("state")).isEqualTo("finished");
      assertThat(ended.getInt("moved")).isEqualTo(3);
      await().untilAsserted(() -> assertThat(pipe.applied("alice")).isEqualTo(numbers(1, 2)));
      await().untilAsserted(() -> assertThat(pipe.applied("bob")).isEqualTo(numbers(1, 1)));
      await().untilAsserted(() -> assertThat(pipe.deadLetterCount()).isZero());
      JsonObject decided =
          json(get(consumer, "/admin/decisions")).getJsonArray("items").getJsonObject(0);
      assertThat(decided.getString("decision")).isEqualTo("redriven");
      assertThat(decided.getString("why")).isEqualTo("mended");
    }
  }

  @Test
  void a_redrive_with_a_filter_moves_those_that_match_and_shows_the_others_again() {
    try (var pipe = Pipe.standard(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      started(consumer);
      for (int n = 0; n < 12; n++) {
        pipe.sendBody("not an event " + n, "x" + n);
      }
      pipe.deadLetter(event("alice", 1), event("bob", 1), event("alice", 2));
      await().untilAsserted(() -> assertThat(items(consumer)).hasSize(15));
      assertThat(items(consumer, "?reason=TOO%20OFTEN")).hasSize(3);
      assertThat(items(consumer, "?reason=too%20often&aggregateId=bob")).hasSize(1);
      assertThat(items(consumer, "?eventType=other")).isEmpty();

      String id = UUID.randomUUID().toString();
      String matching = "/admin/dead-letters/redrive-matching?why=mended";
      assertThat(post(consumer, matching, body(id, 15, 50)).statusCode())
          .as("without a filter")
          .isEqualTo(400);
      String body =
          body(id, 15, 50)
              .replace("}", ",\"filter\":{\"reason\":\"too often\",\"aggregateId\":\"alice\"}}");
      assertThat(post(consumer, matching, body.replace("aggregateId", "id")).statusCode())
          .isEqualTo(400);
      assertThat(post(consumer, matching, body).statusCode()).isEqualTo(202);
      JsonObject ended = ended(consumer, id);
      assertThat(ended.getString("state")).as(ended.toString()).isEqualTo("finished");
      assertThat(ended.getInt("moved")).isEqualTo(2);
      assertThat(ended.getJsonObject("filter").getString("aggregateId")).isEqualTo("alice");
      await().untilAsserted(() -> assertThat(pipe.applied("alice")).isEqualTo(numbers(1, 2)));
      assertThat(pipe.applied("bob")).isEmpty();
      assertThat(items(consumer)).as("visible again").hasSize(13);
    }
  }

  @Test
  void what_fails_again_ends_the_redrive_by_itself() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      started(consumer);
      for (int i = 0; i < 30; i++) {
        pipe.sendBody("not an event " + i, "x" + i);
      }
      await().untilAsserted(() -> assertThat(pipe.deadLetterCount()).isEqualTo(30));
      String id = UUID.randomUUID().toString();
      post(consumer, REDRIVE, body(id, 1_000, 20));
      JsonObject ended = ended(consumer, id);
      assertThat(ended.getString("state")).as(ended.toString()).isEqualTo("gave-up");
      assertThat(ended.getInt("again")).isGreaterThanOrEqualTo(3);
      assertThat(ended.getInt("moved")).isLessThan(1_000);
      await().untilAsserted(() -> assertThat(pipe.deadLetterCount()).isEqualTo(30));
    }
  }

  @Test
  void another_consumer_goes_on_when_the_one_that_worked_on_it_is_gone() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService first = pipe.start();
      started(first);
      for (int i = 1; i <= 12; i++) {
        pipe.deadLetter(event("a" + i, 1));
      }
      await().untilAsserted(() -> assertThat(pipe.deadLetterCount()).isEqualTo(12));
      String id = UUID.randomUUID().toString();
      post(first, REDRIVE, body(id, 12, 1));
      await().until(() -> redrives(first).getFirst().getInt("moved") >= 1);
      assertThat(json(get(first, "/admin/dead-letters")).getJsonObject("redrive").getString("id"))
          .as("nobody looks meanwhile")
          .isEqualTo(id);
      assertThat(post(first, REDRIVE, body(UUID.randomUUID().toString(), 1, 1)).statusCode())
          .as("one at a time")
          .isEqualTo(409);
      first.close();

      ConsumerService second = pipe.start();
      await().until(() -> redrives(second).getFirst().getInt("moved") >= 3);
      var stopped = post(second, "/admin/dead-letters/stop?why=enough", "{\"id\":\"" + id + "\"}");
      assertThat(json(stopped).getString("state")).isEqualTo("stopped");
    }
  }

  @Test
  void a_redrive_needs_a_reason_a_number_and_a_queue() {
    try (var pipe = Pipe.withoutDeadLetterQueue(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      started(consumer);
      String id = UUID.randomUUID().toString();
      assertThat(post(consumer, "/admin/dead-letters/redrive", body(id, 1, 1)).statusCode())
          .isEqualTo(400);
      assertThat(post(consumer, REDRIVE, body(id, 0, 1)).statusCode()).isEqualTo(400);
      assertThat(post(consumer, REDRIVE, body("no id", 1, 1)).statusCode()).isEqualTo(400);
      assertThat(post(consumer, REDRIVE, body(id, 1, 1)).statusCode()).isEqualTo(404);
    }
  }
}
