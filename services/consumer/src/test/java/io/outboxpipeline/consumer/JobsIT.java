package io.outboxpipeline.consumer;

import static io.outboxpipeline.consumer.Pipe.event;
import static io.outboxpipeline.consumer.Pipe.get;
import static io.outboxpipeline.consumer.Pipe.json;
import static io.outboxpipeline.consumer.Pipe.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Decisions about many events that a consumer carries out by itself. */
final class JobsIT {
  private static final String JOBS = "/admin/jobs?why=mended";

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

  private static List<JsonObject> standing(ConsumerService consumer, String list) {
    var answer = get(consumer, "/admin/" + list);
    // Its tables may not be there yet.
    return answer.statusCode() == 200
        ? json(answer).getJsonArray("items").getValuesAs(JsonObject.class)
        : List.of();
  }

  /** Lets events be rejected, one of each aggregate from 0 on. */
  private static void reject(Pipe pipe, ConsumerService consumer, int count) {
    for (int n = 0; n < count; n++) {
      pipe.send(event("a" + n, 1, "unknown", "{}"));
    }
    await().untilAsserted(() -> assertThat(standing(consumer, "rejected")).hasSize(count));
  }

  private static String job(String id, String action, String category, int perSecond, int count) {
    var items = Json.createArrayBuilder();
    for (int n = 0; n < count; n++) {
      items.add(item(category, "a" + n));
    }
    return Json.createObjectBuilder()
        .add("id", id)
        .add("action", action)
        .add("perSecond", perSecond)
        .add("items", items)
        .build()
        .toString();
  }

  private static JsonValue item(String category, String aggregate) {
    return Json.createObjectBuilder()
        .add("category", category)
        .add("source", Pipe.SOURCE)
        .add("aggregateType", "spending")
        .add("aggregateId", aggregate)
        .add("sequence", "1")
        .build();
  }

  private static JsonObject ended(ConsumerService consumer, String id) {
    await()
        .until(
            () -> !json(get(consumer, "/admin/jobs/" + id)).getString("state").equals("running"));
    return json(get(consumer, "/admin/jobs/" + id));
  }

  @Test
  void a_job_outlives_its_consumer_takes_its_own_events_alone_and_each_of_them_once() {
    Database database = TestDatabase.preferred().create();
    try (var pipe = Pipe.fifo(sqs, database)) {
      ConsumerService first = pipe.start();
      reject(pipe, first, 9);
      String id = UUID.randomUUID().toString();
      String body = job(id, "discard", "rejected", 2, 7);
      assertThat(json(post(first, JOBS, body)).getInt("total")).isEqualTo(7);
      await().until(() -> json(get(first, "/admin/jobs/" + id)).getInt("done") >= 2);
      first.close();
      assertThat(database.number("SELECT COUNT(*) FROM consumer_decision")).isBetween(2L, 6L);

      ConsumerService second = pipe.start();
      await().until(() -> post(second, JOBS, body).statusCode() == 202);
      JsonObject end = ended(second, id);
      assertThat(end.getString("state")).isEqualTo("finished");
      assertThat(end.getInt("done")).isEqualTo(7);
      assertThat(
              database.number(
                  "SELECT COUNT(*) FROM consumer_decision WHERE why = 'mended' AND decision = 'discarded'"))
          .as("the same request twice is one job")
          .isEqualTo(7);
      assertThat(database.number("SELECT COUNT(*) FROM consumer_decision")).isEqualTo(7);
      assertThat(standing(second, "rejected"))
          .extracting(r -> r.getString("aggregateId"))
          .containsExactlyInAnyOrder("a7", "a8");
      assertThat(json(get(second, "/admin/jobs")).getJsonArray("items")).hasSize(1);
    }
  }

  @Test
  void what_fails_again_ends_a_job_and_the_rest_waits_on() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      reject(pipe, consumer, 9);
      String id = UUID.randomUUID().toString();
      post(consumer, JOBS, job(id, "retry", "rejected", 100, 9));
      JsonObject end = ended(consumer, id);
      assertThat(end.getString("state")).isEqualTo("gave-up");
      assertThat(end.getInt("again")).isEqualTo(5);
      assertThat(end.getInt("done")).isZero();
      assertThat(end.getJsonArray("failures").getString(0)).contains("spending a0", "rejected");
      assertThat(standing(consumer, "rejected")).hasSize(9);
    }
  }

  @Test
  void missing_numbers_are_skipped_what_is_gone_is_counted_and_a_person_can_stop_it() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      for (int n = 0; n < 2; n++) {
        pipe.send(event("a" + n, 2));
      }
      await().untilAsserted(() -> assertThat(standing(consumer, "parked")).hasSize(2));
      String id = UUID.randomUUID().toString();
      post(consumer, JOBS, job(id, "skip", "parked", 100, 3));
      JsonObject end = ended(consumer, id);
      assertThat(end.getInt("done")).isEqualTo(2);
      assertThat(end.getInt("gone")).isEqualTo(1);
      assertThat(pipe.applied("a0")).containsExactly(2L);

      String slow = UUID.randomUUID().toString();
      post(consumer, JOBS, job(slow, "skip", "parked", 1, 500));
      String stop = "/admin/jobs/" + slow + "/stop?why=enough";
      assertThat(json(post(consumer, stop, "{}")).getString("state")).isEqualTo("stopped");
      assertThat(ended(consumer, slow).getString("trouble")).contains("first", "enough");
      assertThat(post(consumer, stop, "{}").statusCode()).isEqualTo(409);
    }
  }

  @Test
  void what_is_no_job_is_refused() {
    try (var pipe = Pipe.fifo(sqs, TestDatabase.preferred().create())) {
      ConsumerService consumer = pipe.start();
      String id = UUID.randomUUID().toString();
      for (String body :
          List.of(
              "{}",
              "{\"id\":\"x\",\"action\":\"skip\",\"items\":[{\"category\":\"parked\",\"sequence\":\"1\"}]}",
              "{\"id\":\"ID\",\"action\":\"skip\",\"items\":[]}",
              "{\"id\":\"ID\",\"action\":\"drop\",\"items\":[{\"category\":\"parked\",\"sequence\":\"1\"}]}",
              "{\"id\":\"ID\",\"action\":\"skip\",\"items\":[{\"category\":\"rejected\",\"sequence\":\"1\"}]}",
              "{\"id\":\"ID\",\"action\":\"skip\",\"items\":[{\"category\":\"parked\",\"sequence\":1}]}",
              "{\"id\":\"ID\",\"action\":\"skip\",\"items\":[{\"category\":\"parked\"}]}",
              "{\"id\":\"ID\",\"action\":\"skip\",\"perSecond\":0,\"items\":[{\"category\":\"parked\",\"sequence\":\"1\"}]}")) {
        assertThat(post(consumer, JOBS, body.replace("ID", id)).statusCode())
            .as(body)
            .isEqualTo(400);
      }
      assertThat(post(consumer, "/admin/jobs", job(id, "skip", "parked", 1, 1)).statusCode())
          .as("without a reason")
          .isEqualTo(400);
    }
  }
}
