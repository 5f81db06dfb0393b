package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Whole relays in states that a database gets into. */
@ParameterizedClass
@EnumSource(TestDatabase.class)
final class RelayFaultsIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  private final Database database;
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final FaultySqs sqs = new FaultySqs(peer.endpoint());
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<RelayService> relays = new ArrayList<>();

  RelayFaultsIT(TestDatabase server) {
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

  private SqsSettings settings() {
    return new SqsSettings(
        "q.fifo",
        Optional.empty(),
        Optional.of(sqs.endpoint()),
        Optional.of("eu-central-1"),
        Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))));
  }

  private RelayService relay() {
    return relay(database.user(), database.password());
  }

  private RelayService relay(String user, String password) {
    var mysql =
        MySqlSettings.local(
            database.host(), database.port(), database.name(), user, new Secret(password));
    RelayService relay =
        RelayService.start(RelaySettings.of(ServerSettings.local(0), mysql, settings()));
    relays.add(relay);
    return relay;
  }

  private String ready(RelayService relay) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + relay.port() + "/health/ready"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  private void awaitReady(RelayService relay) {
    await().until(() -> ready(relay).startsWith("200"));
  }

  private static NewEvent event(String id, String json) {
    return NewEvent.json(new Aggregate("test", id), "t", json);
  }

  private void commit(NewEvent... events) throws SQLException {
    try (Connection c = database.dataSource().getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, List.of(events));
      c.commit();
    }
  }

  private long rows() {
    return database.number("SELECT COUNT(*) FROM obt");
  }

  private static Stream<String> inSlotOf(String id) {
    int slot = new Aggregate("test", id).slot();
    return IntStream.iterate(0, n -> n + 1)
        .mapToObj(n -> "n" + n)
        .filter(n -> new Aggregate("test", n).slot() == slot);
  }

  @Test
  void the_neighbours_of_a_held_aggregate_do_not_wait_for_ids_that_no_row_has() throws Exception {
    database.execute("ALTER TABLE obt AUTO_INCREMENT = 500000000");
    commit(event("held", "{\"x\":\"" + "y".repeat(300_000) + "\"}"));
    RelayService first = relay();
    await().until(() -> database.number("SELECT COUNT(*) FROM obt_quarantine") == 1);
    relays.remove(first);
    first.close();
    awaitReady(relay());
    commit(event(inSlotOf("held").findFirst().orElseThrow(), "{}"));
    await().atMost(SOON).until(() -> rows() == 1);
  }

  @Test
  void a_table_that_was_emptied_while_a_relay_runs_is_read_from_its_start() throws Exception {
    awaitReady(relay());
    for (int i = 0; i < 50; i++) {
      commit(event("a" + i, "{}"));
    }
    await().atMost(SOON).until(() -> rows() == 0);
    // Long enough that what was read counts as settled.
    await().pollDelay(Duration.ofMillis(1500)).until(() -> true);
    database.execute("TRUNCATE TABLE obt");
    commit(event("b", "{}"));
    await().atMost(SOON).until(() -> rows() == 0);
  }

  @Test
  void an_open_transaction_of_a_writer_holds_up_no_delete() throws Exception {
    awaitReady(relay());
    List<String> ids = inSlotOf("slow").limit(60).toList();
    try (Connection slow = database.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      Outbox.append(slow, event("slow", "{}"));
      commit(ids.stream().map(id -> event(id, "{}")).toArray(NewEvent[]::new));
      await().atMost(SOON).until(() -> rows() == 0);
      slow.commit();
    }
    await().atMost(SOON).until(() -> rows() == 0);
  }

  /** The test's own user may grant rights at one of the two servers. */
  @Test
  void a_relay_that_may_not_delete_sends_nothing_and_says_so() throws Exception {
    assumeTrue(database.user().equals("root"), "a user that may grant rights");
    String user = "r_" + database.name();
    database.execute(
        "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
        "GRANT SELECT, INSERT, UPDATE ON " + database.name() + ".* TO '" + user + "'@'%'");
    for (String table : List.of("obt_member", "obt_lease", "obt_partition")) {
      database.execute(
          "GRANT DELETE ON " + database.name() + "." + table + " TO '" + user + "'@'%'");
    }
    RelayService relay = relay(user, "pw");
    for (int i = 0; i < 50; i++) {
      commit(event("a" + i, "{}"));
    }
    await().until(() -> ready(relay).contains("deleted"));
    assertThat(sent(relay)).isZero();
    database.execute("GRANT DELETE ON " + database.name() + ".* TO '" + user + "'@'%'");
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }

  @Test
  void sending_stops_while_what_was_sent_cannot_be_deleted() throws Exception {
    database.execute(
        "CREATE TRIGGER no_delete BEFORE DELETE ON obt FOR EACH ROW"
            + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'");
    RelayService relay = relay();
    awaitReady(relay);
    for (int i = 0; i < 60; i++) {
      commit(
          IntStream.range(i * 100, i * 100 + 100)
              .mapToObj(n -> event("a" + n, "{}"))
              .toArray(NewEvent[]::new));
    }
    await().until(() -> ready(relay).contains("not now"));
    await().during(Duration.ofSeconds(3)).until(() -> sent(relay) < 4_000);
    database.execute("DROP TRIGGER no_delete");
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }

  private int sent(RelayService relay) throws Exception {
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

  /** It answers what it is asked, and takes no message. */
  @Test
  void a_queue_that_takes_nothing_is_trouble_until_it_takes_something() throws Exception {
    RelayService relay = relay();
    awaitReady(relay);
    sqs.set(new FaultySqs.Faults(1, 0, 0));
    commit(event("a", "{}"));
    await().until(() -> ready(relay).startsWith("503"));
    await().during(Duration.ofSeconds(8)).until(() -> ready(relay).startsWith("503"));
    sqs.set(FaultySqs.Faults.NONE);
    await().until(() -> rows() == 0);
    awaitReady(relay);
  }

  @Test
  void rows_that_another_program_wrote_badly_hold_their_own_aggregates_alone() throws Exception {
    RelayService relay = relay();
    awaitReady(relay);
    for (String[] bad :
        new String[][] {
          {"empty1", "1", ""},
          {"empty2", "1", ""},
          {"noUuid", "1", "not a UUID"},
          {"huge", "18446744073709551615", "00000000-0000-7000-8000-000000000001"}
        }) {
      database.execute(
          """
          INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)
          VALUES (%s, 'test', '%s', %s, '%s', 't', 'application/json', '{}')
          """
              .formatted(new Aggregate("test", bad[0]).slot(), bad[0], bad[1], bad[2]));
    }
    commit(event("good", "{}"));
    await().until(() -> rows() == 4 && database.number("SELECT COUNT(*) FROM obt_quarantine") == 4);
    assertThat(
            database.number(
                "SELECT COUNT(DISTINCT event_id) FROM obt_quarantine WHERE event_id LIKE '%-%-%-%-%'"))
        .isEqualTo(4);
    assertThat(ready(relay)).startsWith("200");
  }
}
