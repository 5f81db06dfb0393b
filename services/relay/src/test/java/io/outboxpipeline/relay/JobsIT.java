package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestDatabase;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Decisions about many held events that relays carry out by themselves. */
final class JobsIT {
  private static final String TOKEN = "a-token-of-some-length";

  private final Database database = TestDatabase.preferred().create();
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir private Path logs;

  @BeforeEach
  void createQueue() {
    Migrations.outbox(database.dataSource());
    var settings =
        new SqsSettings(
            "q.fifo",
            Optional.empty(),
            Optional.of(peer.endpoint()),
            Optional.of("eu-central-1"),
            Optional.of(AnonymousCredentialsProvider.create()));
    try (var client = settings.open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    }
  }

  @AfterEach
  void close() {
    peer.close();
    http.shutdownNow();
  }

  /** Events that can never be sent, one of each aggregate from {@code from} on. */
  private void commitTooLarge(int from, int to) throws Exception {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      for (int n = from; n < to; n++) {
        String json = "{\"x\":\"" + "y".repeat(300_000) + "\"}";
        Outbox.append(c, NewEvent.json(new Aggregate("test", "a" + n), "t", json));
      }
      c.commit();
    }
  }

  private record Relay(JavaProcess process, int port) implements AutoCloseable {
    @Override
    public void close() {
      process.close();
    }
  }

  private Relay relay(String name) {
    int port = JavaProcess.freePort();
    return new Relay(
        RelayProcess.start(
            name,
            database,
            peer.endpoint(),
            logs,
            Map.of(
                "SERVER_MANAGEMENT_PORT", Integer.toString(port),
                "ADMIN_TOKEN", TOKEN,
                "RELAY_MEMBER", name),
            List.of()),
        port);
  }

  private Optional<JsonObject> ask(Relay relay, String path, String body) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port + path))
            .header("authorization", "Bearer " + TOKEN);
    if (!body.isEmpty()) {
      request.header("content-type", "application/json").POST(BodyPublishers.ofString(body));
    }
    try {
      HttpResponse<String> answer =
          http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() < 300
          ? Optional.of(Json.createReader(new StringReader(answer.body())).readObject())
          : Optional.empty();
    } catch (IOException e) {
      // It may not listen yet.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private List<JsonObject> held(Relay relay, int count) {
    await().until(() -> database.number("SELECT COUNT(*) FROM obt_quarantine") == count);
    await().until(() -> ask(relay, "/admin/quarantine", "").isPresent());
    return ask(relay, "/admin/quarantine", "")
        .orElseThrow()
        .getJsonArray("items")
        .getValuesAs(JsonObject.class);
  }

  private static String job(String id, String action, int perSecond, List<JsonObject> held) {
    var items = Json.createArrayBuilder();
    for (JsonObject h : held) {
      items.add(
          Json.createObjectBuilder()
              .add("category", "quarantined")
              .add("aggregateType", h.getString("aggregateType"))
              .add("aggregateId", h.getString("aggregateId"))
              .add("sequence", h.getJsonNumber("sequence").toString())
              .add("eventId", h.getString("eventId")));
    }
    return Json.createObjectBuilder()
        .add("id", id)
        .add("action", action)
        .add("perSecond", perSecond)
        .add("items", items)
        .build()
        .toString();
  }

  private JsonObject job(Relay relay, String id) {
    return ask(relay, "/admin/jobs/" + id, "").orElse(JsonObject.EMPTY_JSON_OBJECT);
  }

  @Test
  void a_job_outlives_a_killed_relay_takes_its_own_events_alone_and_each_of_them_once()
      throws Exception {
    String id = UUID.randomUUID().toString();
    String body;
    try (Relay first = relay("first")) {
      commitTooLarge(0, 6);
      body = job(id, "discard", 1, held(first, 6));
      assertThat(ask(first, "/admin/jobs?why=test", body).orElseThrow().getInt("total"))
          .isEqualTo(6);
      commitTooLarge(6, 8);
      await().until(() -> job(first, id).getInt("done", 0) >= 2);
      first.process.kill();
    }
    assertThat(database.number("SELECT COUNT(*) FROM obt_decision")).isBetween(2L, 5L);
    try (Relay second = relay("second")) {
      await().until(() -> ask(second, "/admin/jobs?why=test", body).isPresent());
      await().until(() -> job(second, id).getString("state", "").equals("finished"));
      assertThat(job(second, id).getInt("done")).isEqualTo(6);
      assertThat(
              database.number(
                  "SELECT COUNT(*) FROM obt_decision WHERE why = 'test' AND token = 'first'"))
          .as("the same request twice is one job")
          .isEqualTo(6);
      await()
          .until(
              () ->
                  database.number("SELECT COUNT(*) FROM obt_quarantine WHERE state = 'held'") == 2);
      assertThat(held(second, 8))
          .extracting(h -> h.getString("aggregateId"))
          .containsExactlyInAnyOrder("a6", "a7");
    }
  }

  @Test
  void events_that_are_refused_again_end_a_job_and_the_rest_waits_on() throws Exception {
    try (Relay relay = relay("one")) {
      commitTooLarge(0, 16);
      String id = UUID.randomUUID().toString();
      ask(relay, "/admin/jobs?why=test", job(id, "retry", 1, held(relay, 16)));
      await().until(() -> job(relay, id).getString("state", "").equals("gave-up"));
      JsonObject end = job(relay, id);
      assertThat(end.getInt("again")).isGreaterThanOrEqualTo(5);
      assertThat(end.getInt("again") + end.getInt("done")).isLessThan(16);
      assertThat(end.getJsonArray("failures").getString(0)).contains("test a", "too large");
      assertThat(database.number("SELECT COUNT(*) FROM obt_decision")).isLessThan(16);
    }
  }
}
