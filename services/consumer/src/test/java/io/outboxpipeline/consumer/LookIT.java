package io.outboxpipeline.consumer;

import static io.outboxpipeline.consumer.Pipe.event;
import static io.outboxpipeline.consumer.Pipe.get;
import static io.outboxpipeline.consumer.Pipe.json;
import static io.outboxpipeline.consumer.Pipe.numbers;
import static io.outboxpipeline.consumer.Pipe.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the consumer tells people who look. */
final class LookIT {
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

  private static JsonObject look(ConsumerService consumer, String id) {
    return json(get(consumer, "/admin/aggregate?aggregateType=spending&aggregateId=" + id));
  }

  private static JsonObject chain(ConsumerService consumer, String id) {
    List<JsonObject> all = look(consumer, id).getJsonArray("items").getValuesAs(JsonObject.class);
    return all.isEmpty() ? JsonObject.EMPTY_JSON_OBJECT : all.getFirst();
  }

  @Test
  void an_aggregate_is_told_with_what_is_applied_and_what_stands_still_and_decisions_are_listed() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      pipe.send(event("alice", 1), event("alice", 2), event("bob", 1), event("bob", 3));
      pipe.send(event("carol", 1, "unknown", "{}"));
      await().untilAsserted(() -> assertThat(pipe.applied("alice")).isEqualTo(numbers(1, 2)));
      await()
          .untilAsserted(
              () ->
                  assertThat(chain(consumer, "bob").getString("standstill", ""))
                      .isEqualTo("parked"));
      await()
          .untilAsserted(
              () ->
                  assertThat(chain(consumer, "carol").getString("standstill", ""))
                      .isEqualTo("rejected"));
      JsonObject alice = look(consumer, "alice");
      assertThat(chain(consumer, "alice").getString("last")).isEqualTo("2");
      assertThat(chain(consumer, "alice").getString("standstill")).isEqualTo("none");
      assertThat(alice.getJsonArray("applied").getJsonObject(0).getString("eventId"))
          .isEqualTo(event("alice", 2).id().toString());
      JsonObject parked = chain(consumer, "bob").getJsonArray("kept").getJsonObject(0);
      assertThat(parked.getString("sequence")).isEqualTo("3");
      assertThat(parked.containsKey("reason")).isFalse();
      JsonObject rejected = chain(consumer, "carol").getJsonArray("kept").getJsonObject(0);
      assertThat(rejected.getString("reason")).isNotEmpty();
      assertThat(look(consumer, "nobody").getJsonArray("items")).isEmpty();

      post(
          consumer,
          "/admin/parked/skip?why=lost",
          "{\"aggregateType\":\"spending\",\"aggregateId\":\"bob\",\"missing\":2}");
      JsonObject decided =
          json(get(consumer, "/admin/decisions")).getJsonArray("items").getJsonObject(0);
      assertThat(decided.getString("decision")).isEqualTo("skipped");
      assertThat(decided.getString("aggregateId")).isEqualTo("bob");
      assertThat(decided.getString("why")).isEqualTo("lost");
    }
  }

  @Test
  void events_are_found_by_their_id_and_by_the_trace_of_their_request() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      pipe.send(
          traced(event("alice", 1), trace), traced(event("bob", 2), trace), event("carol", 1));
      await().untilAsserted(() -> assertThat(found(consumer, "traceId=" + trace)).hasSize(2));
      assertThat(found(consumer, "traceId=" + trace))
          .extracting(i -> i.getString("aggregateId") + " " + i.getString("sequence"))
          .containsExactlyInAnyOrder("alice 1", "bob 2");
      await()
          .untilAsserted(
              () ->
                  assertThat(found(consumer, "eventId=" + event("carol", 1).id()))
                      .extracting(i -> i.getString("aggregateId"))
                      .containsExactly("carol"));
      assertThat(get(consumer, "/admin/find?traceId=%25").statusCode()).isEqualTo(400);
      assertThat(get(consumer, "/admin/find").statusCode()).isEqualTo(400);
    }
  }

  private static Event traced(Event e, String trace) {
    return new Event(
        e.id(),
        e.aggregate(),
        e.sequence(),
        e.type(),
        e.time(),
        e.contentType(),
        e.payload(),
        Map.of("traceparent", "00-" + trace + "-00f067aa0ba902b7-01"));
  }

  private static List<JsonObject> found(ConsumerService consumer, String query) {
    var answer = get(consumer, "/admin/find?" + query);
    // Its tables may not be there yet.
    return answer.statusCode() == 200
        ? json(answer).getJsonArray("items").getValuesAs(JsonObject.class)
        : List.of();
  }

  @Test
  void queue_and_dead_letters_are_counted() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      pipe.sendBody("not an event", "x");
      await()
          .untilAsserted(
              () -> {
                JsonObject depth = json(get(consumer, "/admin/queue"));
                assertThat(depth.getInt("visible")).isZero();
                assertThat(depth.getInt("deadLetters")).isEqualTo(1);
                assertThat(depth.getString("deadLetterQueue")).startsWith("dead-");
              });
    }
  }
}
