package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.migrations.Migrations;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.send.Queue;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.mysql.MySqlSource;
import io.outboxpipeline.relay.wake.QueryWakeUp;
import io.outboxpipeline.runtime.MySqlSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Tracing;
import io.outboxpipeline.runtime.Transactions;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.WatchedSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A relay over a real database and a real SQS protocol peer, the owner of all slots. */
abstract class RelayOnDatabase {
  static final String LOOK_FOR_ROWS = "SELECT slot, id, aggregate_type(?s:.*)WHERE id > .*";
  static final String LANE = "SELECT(?s:.*) AND id BETWEEN .*";
  static final Grant GRANT = new Grant(0, new SlotRange(0, 255), 1);
  final Database database;
  final EmbeddedSqs peer = EmbeddedSqs.start(0);
  final FaultySqs sqs = new FaultySqs(peer.endpoint());
  final SqsClient client;
  final String queueUrl;
  String queue = "q.fifo";
  final List<Grant> drained = new CopyOnWriteArrayList<>();
  final List<Grant> fencedOut = new CopyOnWriteArrayList<>();
  final List<AutoCloseable> toClose = new ArrayList<>();

  RelayOnDatabase(TestDatabase server) {
    database = server.create();
    client =
        new SqsSettings(
                "q.fifo",
                Optional.empty(),
                Optional.of(sqs.endpoint()),
                Optional.of("eu-central-1"),
                Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
            .open(SqsSettings.Retries.OFF, Duration.ofSeconds(25), 20);
    queueUrl =
        client
            .createQueue(
                r ->
                    r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
            .queueUrl();
  }

  @BeforeEach
  void migrate() {
    Migrations.outbox(database.dataSource());
    database.execute(
        "INSERT INTO obt_partition (partition_no, first_slot, last_slot, epoch, owner)"
            + " VALUES (0, 0, 255, 1, 'test')");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : toClose.reversed()) {
      c.close();
    }
    client.close();
    sqs.close();
    peer.close();
  }

  Relay start() {
    return start(sql -> {});
  }

  Relay start(WatchedSource.Watch reads) {
    return start(reads, Duration.ofMinutes(1));
  }

  Relay start(WatchedSource.Watch reads, Duration maxTransaction) {
    var standard =
        RelaySettings.of(
            ServerSettings.local(0),
            MySqlSettings.local(
                database.host(),
                database.port(),
                database.name(),
                database.user(),
                new Secret(database.password())),
            new SqsSettings(
                "q.fifo", Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
    var settings =
        new RelaySettings(
            standard.server(),
            standard.mysql(),
            standard.sqs(),
            standard.leases(),
            standard.member(),
            standard.partitions(),
            standard.timing(),
            standard.source(),
            standard.concurrency(),
            standard.idleDelay(),
            standard.wakeUp(),
            maxTransaction,
            standard.drainTimeout(),
            standard.packEvents(),
            standard.packBytes(),
            standard.memoryBytes(),
            standard.dynamoDb(),
            standard.fair(),
            standard.xray());
    var registry = new SimpleMeterRegistry();
    var pool = settings.connections().open("relay", true, registry);
    toClose.add(pool);
    var metrics = new RelayMetrics(registry);
    DataSource watched = WatchedSource.of(pool, reads);
    var listener =
        new Source.Listener() {
          @Override
          public void drained(Grant grant) {
            drained.add(grant);
          }

          @Override
          public void fencedOut(Grant grant) {
            fencedOut.add(grant);
          }
        };
    var source =
        new MySqlSource(
            new MySqlSource.Settings(
                settings.source(),
                settings.mysql().database(),
                settings.idleDelay(),
                settings.maxTransaction()),
            watched,
            () -> pool.getHikariPoolMXBean().softEvictConnections(),
            new Transactions(pool, metrics.transactionRetries()),
            wake -> new QueryWakeUp(watched, settings.idleDelay().dividedBy(2), wake),
            metrics::quarantined,
            metrics::wentBack,
            listener);
    var relay =
        new Relay(
            new Relay.Settings(
                settings.limits(),
                settings.requestTimeout(),
                settings.concurrency(),
                settings.drainTimeout()),
            source,
            () -> Queue.find(client, queue, false, false),
            () -> true,
            drained::add,
            metrics,
            Tracing.off());
    toClose.add(relay);
    relay.start();
    relay.start(GRANT);
    return relay;
  }

  static NewEvent event(String id, int n) {
    return NewEvent.json(new Aggregate("test", id), "t", "{\"n\":" + n + "}");
  }

  void commit(NewEvent... events) throws SQLException {
    DataSource source = database.dataSource();
    try (Connection c = source.getConnection()) {
      c.setAutoCommit(false);
      Outbox.append(c, List.of(events));
      c.commit();
    }
  }

  long rows() {
    return database.number("SELECT COUNT(*) FROM obt");
  }

  void awaitEmpty() {
    await().atMost(Duration.ofMinutes(5)).until(() -> rows() == 0);
  }

  /** All messages of the queue, by group, each event once as SQS has them. */
  Map<String, List<Event>> received() throws Exception {
    return received(queueUrl);
  }

  Map<String, List<Event>> received(String queueUrl) throws Exception {
    sqs.set(FaultySqs.Faults.NONE);
    Map<String, List<Event>> byAggregate = new HashMap<>();
    for (int empty = 0; empty < 2; ) {
      List<Message> messages =
          client
              .receiveMessage(r -> r.queueUrl(queueUrl).maxNumberOfMessages(10).waitTimeSeconds(1))
              .messages();
      empty = messages.isEmpty() ? empty + 1 : 0;
      for (Message m : messages) {
        for (var received : CloudEventsCodec.decode(m.body())) {
          byAggregate
              .computeIfAbsent(received.event().aggregate().id(), k -> new ArrayList<>())
              .add(received.event());
        }
        client.deleteMessage(r -> r.queueUrl(queueUrl).receiptHandle(m.receiptHandle()));
      }
    }
    return byAggregate;
  }

  static void assertChains(Map<String, List<Event>> received) {
    received.forEach(
        (id, events) -> {
          for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).sequence()).as("%s, event %d", id, i).isEqualTo(i + 1L);
          }
        });
  }

  static void awaitWaitsAfter(long id, Set<String> asked) {
    String rows = "id > " + id + " LIMIT 1 FOR UPDATE SKIP LOCKED";
    await().until(() -> asked.stream().anyMatch(sql -> sql.contains(rows)));
  }

  static Stream<String> inSlotOf(Aggregate aggregate) {
    return IntStream.iterate(0, n -> n + 1)
        .mapToObj(n -> "n" + n)
        .filter(id -> new Aggregate("test", id).slot() == aggregate.slot());
  }

  long rowsOf(String id) {
    return database.number("SELECT COUNT(*) FROM obt WHERE aggregate_id = '%s'".formatted(id));
  }

  /** Rows of these sequences, as if committed a thousand at a time or, if fewer, at once. */
  void backlog(Aggregate aggregate, int from, int to) throws SQLException {
    try (Connection c = database.dataSource().getConnection();
        var s =
            c.prepareStatement(
                """
                INSERT INTO obt (slot, aggregate_type, aggregate_id, sequence, event_id, event_type, content_type, payload)
                SELECT ?, ?, ?, ? + seq.n, UUID(), 't', 'application/json', '{}'
                FROM (%s) seq
                """
                    .formatted(
                        IntStream.range(0, Math.min(1000, to - from + 1))
                            .mapToObj(n -> "SELECT " + n + " AS n")
                            .collect(Collectors.joining(" UNION ALL "))))) {
      s.setInt(1, aggregate.slot());
      s.setString(2, aggregate.type());
      s.setString(3, aggregate.id());
      for (int first = from; first < to; first += 1000) {
        s.setInt(4, first);
        s.executeUpdate();
      }
    }
  }
}
