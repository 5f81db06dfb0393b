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
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TcpProxy;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.sqs.model.Message;

final class ConsumerIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

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

  private static void awaitReady(ConsumerService consumer) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(get(consumer, "/health/ready").statusCode()).isEqualTo(200));
  }

  private static void awaitApplied(Pipe pipe, String identity, List<Long> sequences) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(pipe.applied(identity)).isEqualTo(sequences));
  }

  private static void awaitEmpty(Pipe pipe) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.held()).isZero());
  }

  @ParameterizedTest
  @CsvSource({
    "MYSQL, true, true",
    "MYSQL, false, false",
    "MARIADB, true, false",
    "MARIADB, false, true"
  })
  void each_event_is_applied_once_and_in_order(TestDatabase server, boolean fifo, boolean packed) {
    Database database = server.create();
    try (var pipe = fifo ? Pipe.fifo(sqs, database) : Pipe.standard(sqs, database)) {
      var random = new Random(3);
      var expected = new TreeMap<String, List<Long>>();
      List<List<Event>> messages = new ArrayList<>();
      for (String identity : List.of("alice", "bob", "Zoë 😀")) {
        expected.put(identity, numbers(1, 24));
        for (long from = 1; from <= 24; from += packed ? 4 : 1) {
          List<Event> message = events(identity, from, from + (packed ? 3 : 0));
          messages.add(message);
          if (random.nextInt(3) == 0) {
            messages.add(message);
          }
        }
      }
      Collections.shuffle(messages, random);
      messages.forEach(m -> sendAs(pipe, m, packed));
      ConsumerService consumer = pipe.start();
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.applied()).isEqualTo(expected));
      awaitEmpty(pipe);
      assertThat(pipe.deadLetterCount()).isZero();
      String metrics = get(consumer, "/metrics").body();
      assertThat(metrics)
          .contains("outbox_consumer_applied_total 72.0")
          .contains("outbox_consumer_latency_seconds_count 72")
          .contains("outbox_consumer_latency_seconds_bucket{le=")
          .contains("outbox_consumer_rejected_total 0.0");
      assertThat(database.number("SELECT COUNT(*) FROM inbox_parked")).isZero();
    }
  }

  private static void sendAs(Pipe pipe, List<Event> message, boolean packed) {
    if (packed) {
      pipe.sendPacked(message);
    } else {
      pipe.send(message.getFirst());
    }
  }

  @Test
  void an_early_event_waits_visibly_and_can_be_told_to_skip() {
    try (var pipe = Pipe.standard(sqs, database())) {
      ConsumerService consumer = pipe.start();
      pipe.send(event("alice", 1), event("alice", 3), event("alice", 4), event("alice", 7));
      awaitApplied(pipe, "alice", numbers(1, 1));
      awaitEmpty(pipe);
      JsonObject parked =
          json(get(consumer, "/admin/parked")).getJsonArray("items").getJsonObject(0);
      assertThat(parked.getString("aggregateType")).isEqualTo("spending");
      assertThat(parked.getString("aggregateId")).isEqualTo("alice");
      assertThat(parked.getString("source")).isEqualTo(Pipe.SOURCE);
      assertThat(parked.getInt("missing")).isEqualTo(2);
      assertThat(parked.getInt("count")).isEqualTo(3);
      assertThat(parked.getInt("ageSeconds")).isBetween(0, 60);
      // Gauges must outlive a collection of garbage.
      System.gc();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(get(consumer, "/metrics").body())
                      .contains("outbox_consumer_parked_aggregates 1.0")
                      .contains("outbox_consumer_parked_total 3.0"));

      pipe.send(event("alice", 2));
      awaitApplied(pipe, "alice", numbers(1, 4));

      String five = "{\"aggregateType\":\"spending\",\"aggregateId\":\"alice\",\"missing\":5}";
      var skipped = post(consumer, "/admin/parked/skip", five);
      assertThat(skipped.statusCode()).isEqualTo(200);
      assertThat(json(skipped).getInt("last")).isEqualTo(7);
      assertThat(pipe.applied("alice")).containsExactly(1L, 2L, 3L, 4L, 7L);
      assertThat(post(consumer, "/admin/parked/skip", five).statusCode()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void an_unreadable_message_goes_to_the_dead_letter_queue_with_its_reason(boolean fifo) {
    Database database = database();
    try (var pipe = fifo ? Pipe.fifo(sqs, database) : Pipe.standard(sqs, database)) {
      ConsumerService consumer = pipe.start();
      pipe.sendBody("{\"hello\":\"\u00fc\"}", "somebody");
      pipe.send(event("alice", 1));
      awaitApplied(pipe, "alice", numbers(1, 1));
      awaitEmpty(pipe);
      Message dead = pipe.deadLetters().getFirst();
      assertThat(dead.body()).isEqualTo("{\"hello\":\"\u00fc\"}");
      assertThat(dead.messageAttributes()).containsKey("reason");
      assertThat(dead.messageAttributes().toString()).contains("not CloudEvents of an outbox");
      assertThat(get(consumer, "/metrics").body())
          .contains("outbox_consumer_dead_lettered_total 1.0");
    }
  }

  @Test
  void an_unreadable_message_without_a_dead_letter_queue_stays_and_holds_up_nothing() {
    try (var pipe = Pipe.withoutDeadLetterQueue(sqs, database())) {
      ConsumerService consumer = pipe.start();
      pipe.sendBody("hello", "somebody");
      pipe.send(event("alice", 1));
      awaitApplied(pipe, "alice", numbers(1, 1));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(get(consumer, "/metrics").body())
                      .containsPattern("outbox_consumer_unreadable_kept_total [2-9]"));
      assertThat(pipe.held()).isEqualTo(1);
    }
  }

  @Test
  void a_rejected_event_holds_its_aggregate_until_it_is_retried_or_discarded() {
    Database database = database();
    var understands = new AtomicBoolean();
    var spending = new SpendingHandler();
    EventHandler handler =
        (tx, run) ->
            spending.apply(
                tx,
                understands.get()
                    ? run.stream().map(e -> event(e.aggregate().id(), e.sequence())).toList()
                    : run);
    try (var pipe = Pipe.fifo(sqs, database)) {
      ConsumerService consumer = pipe.started(ConsumerService.start(pipe.settingsHere(), handler));
      pipe.sendPacked(
          List.of(
              event("alice", 1),
              event("alice", 2, "spending.moved", "{\"where\":1}"),
              event("alice", 3),
              event("alice", 4, SpendingHandler.CREATED, "{}"),
              event("alice", 5)));
      pipe.send(event("bob", 1));
      awaitApplied(pipe, "bob", numbers(1, 1));
      awaitApplied(pipe, "alice", numbers(1, 1));
      awaitEmpty(pipe);
      JsonObject held =
          json(get(consumer, "/admin/rejected")).getJsonArray("items").getJsonObject(0);
      assertThat(held.getString("aggregateId")).isEqualTo("alice");
      assertThat(held.getInt("sequence")).isEqualTo(2);
      assertThat(held.getInt("waiting")).isEqualTo(3);
      assertThat(held.getString("eventType")).isEqualTo("spending.moved");
      assertThat(held.getString("payload")).isEqualTo("{\"where\":1}");
      assertThat(held.getString("reason")).contains("spending.moved");
      assertThat(json(get(consumer, "/admin/parked")).getJsonArray("items")).isEmpty();

      String two = "{\"aggregateType\":\"spending\",\"aggregateId\":\"alice\",\"sequence\":2}";
      JsonObject again = json(post(consumer, "/admin/rejected/retry", two));
      assertThat(again.getInt("last")).isEqualTo(1);
      assertThat(again.getJsonObject("rejected").getInt("sequence")).isEqualTo(2);

      JsonObject discarded = json(post(consumer, "/admin/rejected/discard?why=a+test", two));
      assertThat(discarded.getInt("last")).isEqualTo(3);
      assertThat(discarded.getJsonObject("rejected").getInt("sequence")).isEqualTo(4);

      understands.set(true);
      assertThat(post(consumer, "/admin/rejected/retry", two).statusCode()).isEqualTo(409);
      String four = two.replace(":2}", ":4}");
      assertThat(json(post(consumer, "/admin/rejected/retry", four)).getInt("last")).isEqualTo(5);
      assertThat(
              database.number(
                  """
                  SELECT COUNT(*) FROM consumer_decision
                  WHERE aggregate_id = 'alice' AND token = 'first' AND address = '127.0.0.1'
                    AND ABS(TIMESTAMPDIFF(MINUTE, decided_at, UTC_TIMESTAMP())) < 60
                    AND (decision, sequence, why) IN
                      (('retried', 2, ''), ('discarded', 2, 'a test'), ('retried', 4, ''))
                  """))
          .isEqualTo(3);
      assertThat(pipe.applied("alice")).containsExactly(1L, 3L, 4L, 5L);
      assertThat(pipe.deadLetterCount()).isZero();
    }
  }

  @Test
  void a_message_that_fails_each_time_holds_up_no_other_and_ends_in_the_dead_letter_queue() {
    var spending = new SpendingHandler();
    EventHandler handler =
        (tx, run) -> {
          if (run.stream().anyMatch(e -> e.aggregate().id().equals("alice") && e.sequence() == 2)) {
            throw new SQLException("out of range", "22003", 1264);
          }
          spending.apply(tx, run);
        };
    try (var pipe = Pipe.of(sqs, database(), true, 1, 2)) {
      for (int n = 1; n <= 3; n++) {
        pipe.send(event("alice", n), event("bob", n));
      }
      ConsumerService consumer = pipe.started(ConsumerService.start(pipe.settingsHere(), handler));
      awaitApplied(pipe, "bob", numbers(1, 3));
      awaitApplied(pipe, "alice", numbers(1, 1));
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.deadLetterCount()).isEqualTo(1));
      awaitEmpty(pipe);
      JsonObject parked =
          json(get(consumer, "/admin/parked")).getJsonArray("items").getJsonObject(0);
      assertThat(parked.getInt("missing")).as("the later one waits for it").isEqualTo(2);
    }
  }

  @Test
  void several_consumers_of_which_some_stop_midway_apply_each_event_once_and_in_order()
      throws Exception {
    try (var pipe = Pipe.of(sqs, database(), false, 5, 50)) {
      var random = new Random(11);
      var expected = new TreeMap<String, List<Long>>();
      List<List<Event>> messages = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        expected.put("i" + i, numbers(1, 50));
        for (long from = 1; from <= 50; ) {
          long to = Math.min(50, from + random.nextInt(3));
          messages.add(events("i" + i, from, to));
          from = to + 1;
        }
      }
      messages.addAll(List.copyOf(messages.subList(0, 200)));
      Collections.shuffle(messages, random);
      pipe.start();
      ConsumerService leaving = pipe.start();
      try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
        messages.forEach(m -> senders.execute(() -> pipe.sendPacked(m)));
        await()
            .atMost(PATIENCE)
            .until(() -> pipe.applied().values().stream().mapToInt(List::size).sum() > 200);
        leaving.close();
        pipe.start();
      }
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(pipe.applied()).isEqualTo(expected));
      awaitEmpty(pipe);
      assertThat(pipe.deadLetterCount()).isZero();
    }
  }

  @Test
  void while_the_database_is_away_nothing_is_received_and_nothing_lost() {
    Database database = database();
    try (var proxy = new TcpProxy(database.port());
        var pipe = Pipe.of(sqs, database, true, 2, 2)) {
      ConsumerService consumer = pipe.started(ConsumerService.start(pipe.settings(proxy.port())));
      pipe.send(event("alice", 1));
      awaitApplied(pipe, "alice", numbers(1, 1));
      proxy.cut();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(get(consumer, "/health/ready").statusCode()).isEqualTo(503));
      assertThat(get(consumer, "/health/live").statusCode()).isEqualTo(200);
      assertThat(get(consumer, "/health/started").statusCode()).isEqualTo(200);
      assertThat(get(consumer, "/api/v1/spending?identity=alice").statusCode()).isEqualTo(503);
      for (int n = 2; n <= 20; n++) {
        pipe.send(event("alice", n));
      }
      proxy.restore();
      awaitApplied(pipe, "alice", numbers(1, 20));
      awaitReady(consumer);
      awaitEmpty(pipe);
      assertThat(pipe.deadLetterCount()).isZero();
    }
  }

  @Test
  void closing_finishes_and_acknowledges_what_is_in_hand() throws Exception {
    var inHand = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var spending = new SpendingHandler();
    EventHandler slow =
        (tx, run) -> {
          inHand.countDown();
          uninterrupted(goOn);
          spending.apply(tx, run);
        };
    try (var pipe = Pipe.fifo(sqs, database())) {
      ConsumerService consumer = pipe.started(ConsumerService.start(pipe.settingsHere(), slow));
      pipe.send(event("alice", 1));
      inHand.await();
      Thread closing = Thread.ofVirtual().start(consumer::close);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(get(consumer, "/health/ready").statusCode()).isEqualTo(503));
      pipe.send(event("bob", 1));
      goOn.countDown();
      closing.join();
      assertThat(pipe.applied("alice")).isEqualTo(numbers(1, 1));
      assertThat(pipe.held() + pipe.applied("bob").size()).isEqualTo(1);
      pipe.start();
      awaitApplied(pipe, "bob", numbers(1, 1));
    }
  }

  private static void uninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("work in hand was interrupted", e);
    }
  }

  @Test
  void the_visibility_of_what_takes_long_is_extended() throws Exception {
    var runs = new AtomicInteger();
    var inHand = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var spending = new SpendingHandler();
    EventHandler slow =
        (tx, run) -> {
          runs.incrementAndGet();
          inHand.countDown();
          uninterrupted(goOn);
          spending.apply(tx, run);
        };
    try (var pipe = Pipe.of(sqs, database(), false, 6, 5)) {
      pipe.started(ConsumerService.start(pipe.settingsHere(), slow));
      pipe.send(event("alice", 1));
      inHand.await();
      assertThat(pipe.receive(13)).as("it stays hidden for twice the time-out").isEmpty();
      goOn.countDown();
      awaitApplied(pipe, "alice", numbers(1, 1));
      awaitEmpty(pipe);
      assertThat(runs).hasValue(1);
    }
  }

  @Test
  void a_queue_that_is_not_there_yet_is_waited_for() {
    try (var pipe = Pipe.standard(sqs, database())) {
      var here = pipe.settingsHere();
      var elsewhere =
          new ConsumerSettings(
              here.server(),
              here.mysql(),
              new io.outboxpipeline.runtime.SqsSettings(
                  "not-there-yet",
                  here.sqs().deadLetterQueue(),
                  here.sqs().endpoint(),
                  here.sqs().region(),
                  here.sqs().credentials()),
              true,
              1,
              here.pollWait(),
              here.start());
      ConsumerService consumer = pipe.started(ConsumerService.start(elsewhere));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(get(consumer, "/health/ready").body())
                      .contains("the queue cannot be used"));
      assertThat(get(consumer, "/health/started").statusCode()).isEqualTo(503);
      pipe.createQueue("not-there-yet");
      awaitReady(consumer);
    }
  }

  @Test
  void the_copy_is_read_page_by_page() {
    try (var pipe = Pipe.fifo(sqs, database())) {
      ConsumerService consumer = pipe.start();
      pipe.sendPacked(events("Zoë", 1, 3));
      awaitApplied(pipe, "Zoë", numbers(1, 3));
      JsonObject page = json(get(consumer, "/api/v1/spending?identity=Zo%C3%AB&limit=2"));
      assertThat(page.getJsonArray("items")).hasSize(2);
      JsonObject first = page.getJsonArray("items").getJsonObject(0);
      assertThat(first.getString("eventId")).isEqualTo(event("Zoë", 1).id().toString());
      assertThat(first.getInt("sequence")).isEqualTo(1);
      assertThat(first.getString("identity")).isEqualTo("Zoë");
      assertThat(first.getString("name")).isEqualTo("Ada");
      assertThat(first.getString("surname")).isEqualTo("Lovelace");
      assertThat(first.getString("amount")).isEqualTo("1.50");
      assertThat(first.getString("createdAt")).isEqualTo("2025-01-02T03:04:05.678901Z");
      assertThat(first.getString("appliedAt")).endsWith("Z");
      JsonObject rest =
          json(
              get(
                  consumer,
                  "/api/v1/spending?identity=Zo%C3%AB&limit=2&after=" + page.getInt("next")));
      assertThat(rest.getJsonArray("items")).hasSize(1);
      assertThat(rest).doesNotContainKey("next");
      var bad = get(consumer, "/api/v1/spending?limit=0&after=x");
      assertThat(bad.statusCode()).isEqualTo(400);
      assertThat(json(bad).getJsonArray("errors")).hasSize(3);
      assertThat(get(consumer, "/openapi").body())
          .contains("openapi: 3.0.3", "/api/v1/spending:", "maximum: 999999999999999999");
    }
  }

  @Test
  void admin_wants_the_token_and_whole_bodies() {
    try (var pipe = Pipe.fifo(sqs, database())) {
      ConsumerService consumer = pipe.start();
      awaitReady(consumer);
      assertThat(
              Pipe.call(HttpRequest.newBuilder(Pipe.uri(consumer, "/admin/parked"))).statusCode())
          .isEqualTo(401);
      var bad = post(consumer, "/admin/parked/skip", "{\"source\":7}");
      assertThat(bad.statusCode()).isEqualTo(400);
      assertThat(json(bad).getJsonArray("errors")).hasSize(4);
      var unknown =
          post(
              consumer,
              "/admin/rejected/discard",
              "{\"aggregateType\":\"spending\",\"aggregateId\":\"alice\",\"sequence\":1}");
      assertThat(unknown.statusCode()).isEqualTo(404);
    }
  }
}
