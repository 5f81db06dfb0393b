package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Whole relays, over HTTP. */
final class RelayServiceIT {
  private static final Secret TOKEN = new Secret("a-token-of-some-length");

  private final Database database = TestDatabase.preferred().create();
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final SqsSettings sqs =
      new SqsSettings(
          "q.fifo",
          Optional.empty(),
          Optional.of(peer.endpoint()),
          Optional.of("eu-central-1"),
          Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<RelayService> relays = new ArrayList<>();

  @AfterEach
  void close() {
    relays.forEach(RelayService::close);
    peer.close();
  }

  private RelayService relay() {
    var server = ServerSettings.local(0).withAdminToken(TOKEN);
    var mysql =
        MySqlSettings.local(
            database.host(),
            database.port(),
            database.name(),
            database.user(),
            new Secret(database.password()));
    var relay = RelayService.start(RelaySettings.of(server, mysql, sqs));
    relays.add(relay);
    return relay;
  }

  private void createQueue() {
    try (SqsClient client = sqs.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    }
  }

  private void commit(String id, String json) throws Exception {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, NewEvent.json(new Aggregate("test", id), "t", json));
      c.commit();
    }
  }

  private HttpResponse<String> call(RelayService relay, String method, String path)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .header("authorization", "Bearer " + TOKEN.value())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void awaitReady(RelayService relay) {
    await().until(() -> call(relay, "GET", "/health/ready").statusCode() == 200);
  }

  private int owned(RelayService relay) throws Exception {
    return call(relay, "GET", "/metrics")
        .body()
        .lines()
        .filter(l -> l.startsWith("outbox_relay_partitions_owned"))
        .map(l -> l.substring(l.lastIndexOf(' ') + 1))
        .mapToInt(v -> (int) Double.parseDouble(v))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_relay_waits_for_tables_and_queue_and_says_what_is_missing() throws Exception {
    RelayService relay = relay();
    assertThat(call(relay, "GET", "/health/live").statusCode()).isEqualTo(200);
    assertThat(call(relay, "GET", "/health/started").statusCode()).isEqualTo(503);
    assertThat(call(relay, "GET", "/admin/jobs").statusCode())
        .as("no tables, no jobs: a console decides by itself")
        .isEqualTo(501);
    Migrations.outbox(database.dataSource());
    await().until(() -> call(relay, "GET", "/health/ready").body().contains("queue"));
    createQueue();
    awaitReady(relay);
  }

  @Test
  void relays_share_the_partitions_and_hand_them_over_when_they_stop() throws Exception {
    Migrations.outbox(database.dataSource());
    createQueue();
    RelayService first = relay();
    awaitReady(first);
    await().until(() -> owned(first) == 64);
    RelayService second = relay();
    await().until(() -> owned(first) == 32 && owned(second) == 32);
    first.close();
    await().atMost(Duration.ofSeconds(5)).until(() -> owned(second) == 64);
    commit("a", "{}");
    await().until(() -> database.number("SELECT COUNT(*) FROM obt") == 0);
  }

  @Test
  void what_can_never_be_sent_is_listed_and_discarded_through_any_relay() throws Exception {
    Migrations.outbox(database.dataSource());
    createQueue();
    RelayService first = relay();
    RelayService second = relay();
    commit("a", "{\"x\":\"" + "y".repeat(300_000) + "\"}");
    commit("a", "{}");
    await().until(() -> call(second, "GET", "/admin/quarantine").body().contains("eventId"));
    String body = call(first, "GET", "/admin/quarantine").body();
    assertThat(body).contains("\"aggregateId\":\"a\"", "\"waiting\":2", "too large");
    String event = body.replaceAll(".*\"eventId\":\"([^\"]+)\".*", "$1");
    for (RelayService relay : List.of(first, second)) {
      assertThat(call(relay, "POST", "/admin/quarantine/none/retry").statusCode()).isEqualTo(404);
    }
    assertThat(
            call(second, "POST", "/admin/quarantine/" + event + "/discard?why=test").statusCode())
        .isEqualTo(204);
    assertThat(
            database.number(
                """
                SELECT COUNT(*) FROM obt_decision
                WHERE decision = 'discard' AND event_id = '%s' AND token = 'first' AND why = 'test'
                  AND address = '127.0.0.1'
                """
                    .formatted(event)))
        .isEqualTo(1);
    assertThat(database.number("SELECT COUNT(*) FROM obt_decision")).isEqualTo(1);
    await().until(() -> database.number("SELECT COUNT(*) FROM obt") == 0);
  }

  @Test
  void any_relay_tells_who_owns_what_and_what_of_an_aggregate_waits_and_was_decided()
      throws Exception {
    Migrations.outbox(database.dataSource());
    createQueue();
    RelayService first = relay();
    RelayService second = relay();
    await().until(() -> owned(first) == 32 && owned(second) == 32);
    JsonObject all = json(call(second, "GET", "/admin/partitions"));
    assertThat(all.getJsonArray("members")).hasSize(2);
    assertThat(all.getJsonArray("partitions")).hasSize(64);
    JsonObject last = all.getJsonArray("partitions").getJsonObject(63);
    assertThat(last.getInt("firstSlot")).isEqualTo(252);
    assertThat(last.getInt("lastSlot")).isEqualTo(255);
    assertThat(last.getString("state")).isEqualTo("owned");
    assertThat(Long.parseLong(last.getString("epoch"))).isPositive();
    assertThat(all.getJsonArray("members").getValuesAs(JsonObject.class))
        .extracting(m -> m.getString("member"))
        .contains(last.getString("owner"));

    commit("<a&b>", "{\"x\":\"" + "y".repeat(300_000) + "\"}");
    commit("<a&b>", "{}");
    await().until(() -> call(first, "GET", "/admin/quarantine").body().contains("eventId"));
    String look = "/admin/aggregate?aggregateType=test&aggregateId=%3Ca%26b%3E";
    JsonObject waiting = json(call(first, "GET", look));
    assertThat(waiting.getInt("slot")).isEqualTo(new Aggregate("test", "<a&b>").slot());
    assertThat(waiting.getJsonArray("items").getValuesAs(JsonObject.class))
        .extracting(e -> e.getString("sequence"))
        .containsExactly("1", "2");
    String event = waiting.getJsonArray("items").getJsonObject(0).getString("eventId");
    assertThat(call(first, "GET", "/admin/aggregate?aggregateType=test").statusCode())
        .isEqualTo(400);
    assertThat(found(second, "eventId=" + event)).containsExactly("<a&b> 1");
    String next = waiting.getJsonArray("items").getJsonObject(1).getString("eventId");
    assertThat(found(second, "eventId=" + next)).containsExactly("<a&b> 2");
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    assertThat(found(second, "traceId=" + trace)).isEmpty();
    try (var c = database.dataSource().getConnection();
        var s =
            c.prepareStatement(
                "UPDATE obt SET headers = CONCAT('{\"traceparent\":\"00-', ?, '-00f067aa0ba902b7-01\"}')"
                    + " WHERE event_id = ?")) {
      s.setString(1, trace);
      s.setString(2, next);
      s.executeUpdate();
    }
    assertThat(found(second, "traceId=" + trace)).containsExactly("<a&b> 2");
    call(first, "POST", "/admin/quarantine/" + event + "/discard?why=too+large");
    JsonObject decided =
        json(call(second, "GET", "/admin/decisions")).getJsonArray("items").getJsonObject(0);
    assertThat(decided.getString("eventId")).isEqualTo(event);
    assertThat(decided.getString("why")).isEqualTo("too large");
    assertThat(Duration.between(Instant.parse(decided.getString("at")), Instant.now()).abs())
        .isLessThan(Duration.ofMinutes(5));
  }

  private List<String> found(RelayService relay, String query) throws Exception {
    return json(call(relay, "GET", "/admin/find?" + query))
        .getJsonArray("items")
        .getValuesAs(JsonObject.class)
        .stream()
        .map(i -> i.getString("aggregateId") + " " + i.getString("sequence"))
        .toList();
  }

  private static JsonObject json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    try (var reader = Json.createReader(new StringReader(answer.body()))) {
      return reader.readObject();
    }
  }
}
