package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.dynamodb.WriteOutcome;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.relay.lease.DynamoDbLeaseStore;
import io.outboxpipeline.relay.lease.RelayTable;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultySqs;
import io.outboxpipeline.testkit.JavaProcess;
import io.outboxpipeline.testkit.TestSize;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Writers and three relay processes over a DynamoDB that throttles, conflicts, drops answers and
 * has a stale index, with relays killed, paused and restarted. Whatever happens: what was written
 * is what arrives, once by its numbers, in order of each aggregate, and nothing is left.
 */
@NullUnmarked // what is missing fails the test
final class DynamoDbPipelineIT {
  private static final int WRITES = TestSize.of(800, 20_000);
  private static final int IDENTITIES = TestSize.of(200, 500);
  private static final int WRITERS = 4;
  private static final Path LOGS = Path.of("target", "dynamodb-logs");

  private final String table = "obt-test-" + UUID.randomUUID();
  private final String relayTable = table + "-relay";
  private final DynamoDbClient direct = DynamoDbPeer.client();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final DynamoDbClient faulty = DynamoDbPeer.client(proxy.endpoint(), 1);
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final FaultySqs sqs = new FaultySqs(peer.endpoint());
  private final Map<String, JavaProcess> relays = new HashMap<>();
  private final ConcurrentMap<String, List<String>> written = new ConcurrentHashMap<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @AfterEach
  void close() {
    relays.values().forEach(JavaProcess::close);
    direct.deleteTable(r -> r.tableName(table));
    direct.deleteTable(r -> r.tableName(relayTable));
    faulty.close();
    proxy.close();
    direct.close();
    sqs.close();
    peer.close();
  }

  private void startRelay(String name) {
    var environment = new HashMap<String, String>();
    environment.put("RELAY_STORE", "dynamodb");
    environment.put("RELAY_MEMBER", name);
    environment.put("RELAY_PARTITIONS", "16");
    environment.put("RELAY_LEASE_DURATION", "6s");
    environment.put("RELAY_RENEW_DEADLINE", "4s");
    environment.put("RELAY_RETRY_PERIOD", "500ms");
    environment.put("RELAY_IDLE_DELAY", "100ms");
    environment.put("DYNAMODB_TABLE", table);
    environment.put("AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint().toString());
    environment.put("SERVER_HOST", "127.0.0.1");
    environment.put("SERVER_PORT", Integer.toString(JavaProcess.freePort()));
    environment.put("SQS_QUEUE", "q.fifo");
    environment.put("AWS_ENDPOINT_URL_SQS", sqs.endpoint().toString());
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    relays.put(
        name, JavaProcess.start(name, Main.class, environment, LOGS, JavaProcess.QUICK_START));
  }

  /** Each identity has one writer, so that the order of its events is known. */
  private void write(DynamoOutbox outbox, int writer) {
    for (int n = writer; n < WRITES; n += WRITERS) {
      String identity = "id-" + (n % WRITERS + WRITERS * (n / WRITERS % (IDENTITIES / WRITERS)));
      boolean toBeRefused = n / WRITERS % 5 == 4;
      var write =
          outbox
              .prepare()
              .update(
                  Update.builder()
                      .tableName(table)
                      .key(Map.of("pk", AttributeValue.fromS(identity)))
                      .updateExpression("SET #c = if_not_exists(#c, :zero) + :one")
                      .conditionExpression(
                          toBeRefused ? "#c < :limit" : "attribute_not_exists(#c) OR #c < :limit")
                      .expressionAttributeNames(Map.of("#c", "count"))
                      .expressionAttributeValues(
                          Map.of(
                              ":zero", AttributeValue.fromN("0"),
                              ":one", AttributeValue.fromN("1"),
                              ":limit", AttributeValue.fromN(toBeRefused ? "0" : "1000000")))
                      .build(),
                  List.of(
                      NewEvent.json(
                          new Aggregate("order", identity), "order.placed", "{\"n\":" + n + "}")))
              .build();
      switch (outbox.write(write)) {
        case WriteOutcome.Written(var events) ->
            written
                .computeIfAbsent(identity, i -> new CopyOnWriteArrayList<>())
                .add(events.getFirst().eventId().toString());
        case WriteOutcome.Refused r -> {
          assertThat(toBeRefused).isTrue();
          refused.incrementAndGet();
        }
        case WriteOutcome.Outdated o -> throw new IllegalStateException("no number was given");
      }
      answered.incrementAndGet();
    }
  }

  private void awaitAnswered(int percent) {
    await().until(() -> answered.get() >= WRITES * percent / 100);
  }

  @Test
  void what_is_written_arrives_once_and_in_order_while_all_fail_that_can() throws Exception {
    OutboxTable.create(direct, table, OutboxAttributes.INDEX, "pk");
    OutboxTable.createForRelays(direct, relayTable);
    var leases = new DynamoDbLeaseStore(new RelayTable(direct, relayTable));
    var patient =
        new DynamoOutbox(
            faulty,
            DynamoOutbox.DEFAULT_MAX_PENDING,
            Duration.ofMinutes(7),
            InstantSource.system());
    try (var queue = new ReceivedOrders(sqs);
        var threads = Executors.newFixedThreadPool(WRITERS)) {
      proxy.set(FaultyDynamoDb.Plan.percent(4));
      List.of("relay-1", "relay-2", "relay-3").forEach(this::startRelay);
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < WRITERS; w++) {
        int writer = w;
        writers.add(threads.submit(() -> write(patient, writer)));
      }
      awaitAnswered(10);
      await("all own something")
          .until(
              () ->
                  leases.snapshot().leases().stream()
                          .flatMap(l -> l.holder().stream())
                          .distinct()
                          .count()
                      >= 2);
      relays.get("relay-1").kill();
      awaitAnswered(30);
      relays.get("relay-2").pause();
      var paused = new MemberId("relay-2");
      await("the paused relay's partitions are others'")
          .until(
              () ->
                  leases.snapshot().leases().stream()
                      .noneMatch(l -> l.holder().equals(Optional.of(paused))));
      relays.get("relay-2").resume();
      awaitAnswered(60);
      startRelay("relay-1");
      awaitAnswered(80);
      assertThat(relays.get("relay-3").stop(60)).as("exit code after SIGTERM").isZero();
      startRelay("relay-3");
      for (Future<?> f : writers) {
        f.get();
      }
      assertThat(proxy.injected()).as("faults").isGreaterThan(WRITES / 50);
      proxy.set(FaultyDynamoDb.Plan.NONE);

      await("nothing waits").until(() -> waiting() == 0);
      int events = written.values().stream().mapToInt(List::size).sum();
      await("all has arrived").until(() -> queue.takeAll() >= events);
      assertThat(refused).hasValue(WRITES / 5);
      assertThat(queue.conflicts()).isEmpty();
      assertThat(queue.applied()).isEqualTo(new TreeMap<>(written));
    }
    direct
        .scanPaginator(r -> r.tableName(table))
        .items()
        .forEach(
            item -> {
              assertThat(item).doesNotContainKeys("obt_events", "obt_slot", "obt_bytes");
              assertThat(item.get("obt_seq")).isEqualTo(item.get("count"));
            });
  }

  private int waiting() {
    return direct.scan(r -> r.tableName(table).indexName(OutboxAttributes.INDEX)).count();
  }

  /** Takes messages as an inbox does: by their numbers. */
  private static final class ReceivedOrders implements AutoCloseable {
    private final SqsClient client;
    private final String url;
    private final Map<String, List<String>> applied = new TreeMap<>();
    private final Map<String, Map<Long, String>> parked = new HashMap<>();
    private final List<String> conflicts = new ArrayList<>();

    ReceivedOrders(FaultySqs sqs) {
      client =
          new SqsSettings(
                  "q.fifo",
                  Optional.empty(),
                  Optional.of(sqs.endpoint()),
                  Optional.of("eu-central-1"),
                  Optional.of(
                      StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
              .open(SqsSettings.Retries.STANDARD, Duration.ofSeconds(25), 4);
      url =
          client
              .createQueue(
                  r ->
                      r.queueName("q.fifo")
                          .attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
              .queueUrl();
    }

    /** Takes what is there; tells how many events are applied. */
    int takeAll() throws Exception {
      List<Message> messages;
      do {
        messages =
            client
                .receiveMessage(r -> r.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(1))
                .messages();
        for (Message m : messages) {
          for (var received : CloudEventsCodec.decode(m.body())) {
            var event = received.event();
            take(event.aggregate().id(), event.sequence(), event.id().toString());
          }
          client.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle()));
        }
      } while (!messages.isEmpty());
      return applied.values().stream().mapToInt(List::size).sum();
    }

    private void take(String identity, long sequence, String id) {
      List<String> events = applied.computeIfAbsent(identity, i -> new ArrayList<>());
      if (sequence <= events.size()) {
        if (!events.get((int) sequence - 1).equals(id)) {
          conflicts.add(identity + " " + sequence);
        }
        return;
      }
      Map<Long, String> waiting = parked.computeIfAbsent(identity, i -> new TreeMap<>());
      waiting.put(sequence, id);
      String next = waiting.remove(events.size() + 1L);
      while (next != null) {
        events.add(next);
        next = waiting.remove(events.size() + 1L);
      }
    }

    Map<String, List<String>> applied() {
      return applied;
    }

    List<String> conflicts() {
      return conflicts;
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
