package io.outboxpipeline.consumer;

import static io.outboxpipeline.consumer.Pipe.event;
import static io.outboxpipeline.consumer.Pipe.events;
import static io.outboxpipeline.consumer.Pipe.get;
import static io.outboxpipeline.consumer.Pipe.json;
import static io.outboxpipeline.consumer.Pipe.numbers;
import static io.outboxpipeline.consumer.Pipe.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.JsonObject;
import java.net.URI;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sqs.model.Message;

/** What is wrong with one event or message stops its own aggregate and nothing else. */
final class IsolationIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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

  private static Database database() {
    return TestDatabase.preferred().create();
  }

  private static void awaitApplied(Pipe pipe, String identity, List<Long> sequences) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(pipe.applied(identity)).isEqualTo(sequences));
  }

  private static String encoded(Event event) {
    return CloudEventsCodec.encode(event, URI.create(Pipe.SOURCE), 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"specversion\":\"1.0\"}",
        "7",
        "{\"a\":1,\"a\":2}",
        "{\"data\":[[[}]]}",
      })
  void one_unreadable_event_of_a_pack_is_set_aside_alone(String unreadable) {
    try (var pipe = Pipe.fifo(sqs, database())) {
      ConsumerService consumer = pipe.start();
      List<String> pack = new ArrayList<>();
      events("alice", 1, 30).forEach(e -> pack.add(encoded(e)));
      pack.set(9, unreadable);
      pipe.sendBody(CloudEventsCodec.pack(pack), "alice");
      pipe.send(event("bob", 1));
      awaitApplied(pipe, "bob", numbers(1, 1));
      awaitApplied(pipe, "alice", numbers(1, 9));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.held()).isZero());
      Message dead = pipe.deadLetters().getFirst();
      assertThat(dead.body()).isEqualTo(unreadable);
      assertThat(dead.messageAttributes()).containsKey("reason");
      assertThat(pipe.deadLetterCount()).isEqualTo(1);
      JsonObject parked =
          json(get(consumer, "/admin/parked")).getJsonArray("items").getJsonObject(0);
      assertThat(parked.getInt("missing")).isEqualTo(10);
      assertThat(parked.getInt("count")).isEqualTo(20);

      // Put right by hand, or sent again by a relay that can.
      pipe.send(event("alice", 10));
      awaitApplied(pipe, "alice", numbers(1, 30));
    }
  }

  @Test
  void of_a_pack_that_breaks_off_what_comes_before_is_applied() {
    try (var pipe = Pipe.fifo(sqs, database())) {
      pipe.start();
      List<String> pack = events("alice", 1, 5).stream().map(IsolationIT::encoded).toList();
      String body = CloudEventsCodec.pack(pack);
      String broken = body.substring(0, body.length() - 20);
      pipe.sendBody(broken, "alice");
      awaitApplied(pipe, "alice", numbers(1, 4));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.held()).isZero());
      assertThat(pipe.deadLetters()).extracting(Message::body).containsExactly(broken);
    }
  }

  @Test
  void an_event_that_the_tables_cannot_keep_is_set_aside_alone_too() {
    try (var pipe = Pipe.standard(sqs, database())) {
      pipe.start();
      String tooLong =
          encoded(event("alice", 2)).replace("\"spending.created\"", "\"" + "t".repeat(256) + "\"");
      String tooLate =
          encoded(event("alice", 4)).replaceFirst("\"time\":\"20", "\"time\":\"+1234520");
      pipe.sendBody(
          CloudEventsCodec.pack(
              List.of(encoded(event("alice", 1)), tooLong, encoded(event("alice", 3)), tooLate)),
          "alice");
      awaitApplied(pipe, "alice", numbers(1, 1));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.held()).isZero());
      assertThat(pipe.deadLetters()).extracting(Message::body).containsExactly(tooLong, tooLate);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "42S02, 1146",
    "42000, 1142",
    "42000, 1044",
    "HY000, 1114",
    "70100, 1317",
    "40001, 1213",
    "08S01, 0"
  })
  void an_error_of_one_aggregate_reaches_no_other(String state, int code) {
    var spending = new SpendingHandler();
    EventHandler handler =
        (tx, run) -> {
          if (run.stream().anyMatch(e -> e.aggregate().id().equals("alice"))) {
            throw code == 0
                ? new SQLNonTransientConnectionException("of another database", state)
                : new SQLException("of a table of alice's alone", state, code);
          }
          spending.apply(tx, run);
        };
    try (var pipe = Pipe.of(sqs, database(), false, 1, 3)) {
      List<Event> all = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        all.add(event("other" + i, 1));
      }
      all.add(4, event("alice", 1));
      pipe.send(all.toArray(Event[]::new));
      pipe.started(ConsumerService.start(pipe.settingsHere(), handler));
      for (int i = 0; i < 9; i++) {
        awaitApplied(pipe, "other" + i, numbers(1, 1));
      }
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.held()).isZero());
      assertThat(pipe.deadLetterCount()).isEqualTo(1);
    }
  }

  @Test
  void a_number_that_was_given_out_twice_is_shown_and_decided_about() {
    try (var pipe = Pipe.fifo(sqs, database())) {
      ConsumerService consumer = pipe.start();
      pipe.send(event("alice", 1), event("alice", 2));
      awaitApplied(pipe, "alice", numbers(1, 2));
      Event second = event("alice", 2);
      UUID other = UUID.fromString("0192f0c1-2a52-7f3f-8b0e-9a572f8f2d1e");
      pipe.send(
          new Event(
              other,
              second.aggregate(),
              2,
              second.type(),
              second.time(),
              second.contentType(),
              second.payload(),
              second.headers()),
          event("alice", 3),
          event("bob", 1));
      awaitApplied(pipe, "bob", numbers(1, 1));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(get(consumer, "/metrics").body())
                      .contains("outbox_consumer_conflicts_total 1.0")
                      .contains("outbox_consumer_conflicting_aggregates 1.0"));
      JsonObject shown =
          json(get(consumer, "/admin/conflicts")).getJsonArray("items").getJsonObject(0);
      assertThat(shown.getString("eventId")).isEqualTo(other.toString());
      assertThat(shown.getString("reason")).contains(second.id().toString());
      assertThat(shown.getInt("sequence")).isEqualTo(2);

      String body =
          "{\"aggregateType\":\"spending\",\"aggregateId\":\"alice\",\"sequence\":2,\"eventId\":\"%s\"}";
      assertThat(post(consumer, "/admin/conflicts/discard", body.formatted("x")).statusCode())
          .isEqualTo(400);
      assertThat(
              post(consumer, "/admin/conflicts/discard", body.formatted(second.id())).statusCode())
          .isEqualTo(409);
      var discarded = post(consumer, "/admin/conflicts/discard", body.formatted(other));
      assertThat(json(discarded).getInt("last")).isEqualTo(3);
      awaitApplied(pipe, "alice", numbers(1, 3));
    }
  }
}
