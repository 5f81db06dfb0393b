package io.outboxpipeline.relay;

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
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Whole relays with a database and an SQS of their own. */
abstract class RunningRelays {
  static final Duration SOON = Duration.ofSeconds(30);

  final Database database;
  final EmbeddedSqs peer = EmbeddedSqs.start(0);
  final FaultySqs sqs = new FaultySqs(peer.endpoint());
  final HttpClient http = HttpClient.newHttpClient();
  final List<RelayService> relays = new ArrayList<>();

  RunningRelays(TestDatabase server) {
    database = server.create();
  }

  @BeforeEach
  void prepare() {
    Migrations.outbox(database.dataSource());
    try (SqsClient client =
        settings().open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(10), 2)) {
      client.createQueue(
          r -> r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));
    }
  }

  @AfterEach
  void close() {
    relays.forEach(RelayService::close);
    sqs.close();
    peer.close();
  }

  SqsSettings settings() {
    return new SqsSettings(
        "q.fifo",
        Optional.empty(),
        Optional.of(sqs.endpoint()),
        Optional.of("eu-central-1"),
        Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
  }

  RelayService relay() {
    return relay(database.user(), database.password());
  }

  RelayService relay(String user, String password) {
    var mysql =
        MySqlSettings.local(
            database.host(), database.port(), database.name(), user, new Secret(password));
    RelayService relay =
        RelayService.start(RelaySettings.of(ServerSettings.local(0), mysql, settings()));
    relays.add(relay);
    return relay;
  }

  String ready(RelayService relay) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + "/health/ready"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  void awaitReady(RelayService relay) {
    await().until(() -> ready(relay).startsWith("200"));
  }

  static NewEvent event(String id, String json) {
    return NewEvent.json(new Aggregate("test", id), "t", json);
  }

  void commit(NewEvent... events) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, List.of(events));
      c.commit();
    }
  }

  long rows() {
    return database.number("SELECT COUNT(*) FROM obt");
  }

  static Stream<String> inSlotOf(String id) {
    int slot = new Aggregate("test", id).slot();
    return IntStream.iterate(0, n -> n + 1)
        .mapToObj(n -> "n" + n)
        .filter(n -> new Aggregate("test", n).slot() == slot);
  }

  int sent(RelayService relay) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + "/metrics"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body()
        .lines()
        .filter(l -> l.startsWith("outbox_relay_events_sent_total"))
        .mapToInt(l -> (int) Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
        .sum();
  }
}
