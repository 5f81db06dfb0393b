package io.outboxpipeline.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.ownership.Grant;
import io.outboxpipeline.ownership.SlotRange;
import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.quarantine.Quarantine;
import io.outboxpipeline.relay.send.Queue;
import io.outboxpipeline.relay.source.Source;
import io.outboxpipeline.relay.source.dynamodb.DynamoDbQuarantine;
import io.outboxpipeline.relay.source.dynamodb.DynamoDbSource;
import io.outboxpipeline.runtime.SqsSettings;
import io.outboxpipeline.runtime.Tracing;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The loops over DynamoDB's peer, a proxy with its faults, and a peer of SQS. */
@Execution(ExecutionMode.SAME_THREAD)
@NullUnmarked // what is missing fails the test
final class RelayOnDynamoDbIT {
  private static final Grant GRANT = new Grant(0, new SlotRange(0, 255), 1);

  private final DynamoDbClient writer = DynamoDbPeer.client();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final DynamoDbClient reader = DynamoDbPeer.client(proxy.endpoint(), 1);
  private final DynamoOutbox outbox = new DynamoOutbox(writer);
  private final String table = "obt-test-" + UUID.randomUUID();
  private final String relayTable = table + "-relay";
  private final EmbeddedSqs peer = EmbeddedSqs.start(0);
  private final SqsClient sqs;
  private final String queueUrl;
  private final List<Grant> drained = new CopyOnWriteArrayList<>();
  private final List<Grant> fencedOut = new CopyOnWriteArrayList<>();
  private final AtomicInteger fence = new AtomicInteger(1);
  private final List<AutoCloseable> toClose = new ArrayList<>();

  RelayOnDynamoDbIT() {
    OutboxTable.create(writer, table, OutboxAttributes.INDEX, "pk");
    OutboxTable.createForRelays(writer, relayTable);
    sqs =
        new SqsSettings(
                "q.fifo",
                Optional.empty(),
                Optional.of(peer.endpoint()),
                Optional.of("eu-central-1"),
                Optional.of(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x"))))
            .open(SqsSettings.Retries.OFF, Duration.ofSeconds(25), 20);
    queueUrl =
        sqs.createQueue(
                r ->
                    r.queueName("q.fifo").attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")))
            .queueUrl();
  }

  @AfterEach
  void close() throws Exception {
    proxy.set(FaultyDynamoDb.Plan.NONE);
    for (AutoCloseable c : toClose.reversed()) {
      c.close();
    }
    writer.deleteTable(r -> r.tableName(table));
    writer.deleteTable(r -> r.tableName(relayTable));
    reader.close();
    proxy.close();
    writer.close();
    sqs.close();
    peer.close();
  }

  private Relay start() {
    var metrics = new RelayMetrics(new SimpleMeterRegistry());
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
        new DynamoDbSource(
            new DynamoDbSource.Settings(
                Optional.of(URI.create("/test")),
                table,
                OutboxAttributes.INDEX,
                Optional.empty(),
                Duration.ofMillis(100)),
            reader,
            () -> URI.create("/none"),
            p -> fence.get(),
            metrics::quarantined,
            listener);
    var relay =
        new Relay(
            new Relay.Settings(Limits.DEFAULT, Duration.ofSeconds(10), 16, Duration.ofSeconds(5)),
            source,
            () -> Queue.find(sqs, "q.fifo", false, false),
            () -> true,
            drained::add,
            metrics,
            Tracing.off());
    toClose.add(relay);
    relay.start();
    relay.start(GRANT);
    return relay;
  }

  private Map<String, AttributeValue> key(String id) {
    return Map.of("pk", AttributeValue.fromS(id));
  }

  private void append(String id, int... numbers) {
    append(id, IntStream.of(numbers).mapToObj(n -> "{\"n\":" + n + "}").toArray(String[]::new));
  }

  private void append(String id, String... payloads) {
    List<NewEvent> events =
        List.of(payloads).stream()
            .map(p -> NewEvent.json(new Aggregate("test", id), "t", p))
            .toList();
    var update =
        Update.builder()
            .tableName(table)
            .key(key(id))
            .updateExpression("ADD #c :one")
            .expressionAttributeNames(Map.of("#c", "count"))
            .expressionAttributeValues(Map.of(":one", AttributeValue.fromN("1")))
            .build();
    assertThat(outbox.write(outbox.prepare().update(update, events).build()))
        .isInstanceOf(Written.class);
  }

  private Map<String, AttributeValue> item(String id) {
    return writer.getItem(r -> r.tableName(table).key(key(id)).consistentRead(true)).item();
  }

  private int waiting() {
    return writer.scan(r -> r.tableName(table).indexName(OutboxAttributes.INDEX)).count();
  }

  private void awaitEmpty() {
    await().until(() -> waiting() == 0);
  }

  private Map<String, List<Event>> received() throws Exception {
    Map<String, List<Event>> byAggregate = new HashMap<>();
    for (int empty = 0; empty < 1; ) {
      List<Message> messages =
          sqs.receiveMessage(r -> r.queueUrl(queueUrl).maxNumberOfMessages(10).waitTimeSeconds(1))
              .messages();
      empty = messages.isEmpty() ? empty + 1 : 0;
      for (Message m : messages) {
        for (var received : CloudEventsCodec.decode(m.body())) {
          byAggregate
              .computeIfAbsent(received.event().aggregate().id(), k -> new ArrayList<>())
              .add(received.event());
        }
        sqs.deleteMessage(r -> r.queueUrl(queueUrl).receiptHandle(m.receiptHandle()));
      }
    }
    return byAggregate;
  }

  private static void assertChain(List<Event> events, int count) {
    assertThat(events)
        .extracting(Event::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, count).boxed().toList());
  }

  /** Once, when the relay asks for this, before it is carried out. */
  private FaultyDynamoDb.Plan first(String action, Fault fault, Runnable then) {
    var done = new AtomicBoolean();
    return (asked, request) -> {
      boolean removal =
          asked.equals(action)
              && !request.path("ExpressionAttributeValues").toString().contains("none");
      if (removal && done.compareAndSet(false, true)) {
        then.run();
        return fault;
      }
      return Fault.NONE;
    };
  }

  @Test
  void events_arrive_in_order_and_leave_nothing_but_the_number() throws Exception {
    append("a", 1, 2, 3);
    Relay relay = start();
    for (int n = 0; n < 20; n++) {
      append("a", n);
      append("b" + n % 3, n);
    }
    awaitEmpty();
    assertThat(relay.trouble()).isEmpty();
    var received = received();
    assertChain(received.get("a"), 23);
    assertChain(received.get("b0"), 7);
    assertThat(item("a").keySet())
        .containsExactlyInAnyOrder("pk", "count", "obt_seq", "obt_aggregate");
    await().untilAsserted(() -> assertThat(relay.standing().unrecorded()).isZero());
  }

  @Test
  void an_event_appended_between_the_relay_s_read_and_its_last_removal_is_not_left_behind()
      throws Exception {
    proxy.set(first("UpdateItem", Fault.NONE, () -> append("a", 2)));
    append("a", 1);
    start();
    awaitEmpty();
    assertChain(received().get("a"), 2);
    assertThat(item("a")).doesNotContainKeys("obt_events", "obt_bytes", "obt_since");
  }

  @Test
  void a_removal_whose_answer_was_lost_is_not_done_twice() throws Exception {
    proxy.set(first("UpdateItem", Fault.DROP_AFTER, () -> append("a", 2)));
    append("a", 1);
    start();
    awaitEmpty();
    append("a", 3);
    awaitEmpty();
    assertChain(received().get("a"), 3);
  }

  @Test
  void a_relay_whose_events_another_one_has_removed_asks_the_fence_and_stops() throws Exception {
    BiConsumer<String, Integer> other =
        (id, epoch) -> {
          fence.set(epoch);
          writer.updateItem(
              r ->
                  r.tableName(table)
                      .key(key(id))
                      .updateExpression(
                          "REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes"));
          append(id, 2);
        };
    proxy.set(first("UpdateItem", Fault.NONE, () -> other.accept("a", 2)));
    append("a", 1);
    start();
    await().until(() -> fencedOut.equals(List.of(GRANT)));
  }

  @Test
  void a_slot_with_more_items_than_a_page_is_read_to_its_end() throws Exception {
    List<String> ids =
        IntStream.iterate(0, n -> n + 1)
            .mapToObj(n -> "i" + n)
            .filter(id -> new Aggregate("test", id).slot() == 7)
            .limit(430)
            .toList();
    ids.parallelStream().forEach(id -> append(id, 1));
    start();
    awaitEmpty();
    assertThat(received()).hasSize(430);
  }

  @Test
  void an_event_that_can_t_be_sent_holds_its_item_alone_until_a_person_decides() throws Exception {
    append("a", 1, 2, 3);
    writer.updateItem(
        r ->
            r.tableName(table)
                .key(key("a"))
                .updateExpression("SET obt_events[1].#data = :none")
                .expressionAttributeNames(Map.of("#data", "data"))
                .expressionAttributeValues(
                    Map.of(":none", AttributeValue.fromB(SdkBytes.fromUtf8String("no JSON")))));
    append("b", 1);
    Relay relay = start();
    Quarantine quarantine =
        new DynamoDbQuarantine(writer, table, OutboxAttributes.INDEX, relayTable);
    await().until(() -> quarantine.list(10).size() == 1);
    Quarantine.Entry entry = quarantine.list(10).getFirst();
    assertThat(entry.sequence()).isEqualTo(2);
    assertThat(entry.reason()).isNotEmpty();
    assertThat(entry.waiting()).isEqualTo(2);
    await().until(() -> waiting() == 1);
    assertThat(relay.standing().held()).isEqualTo(1);
    assertThat(relay.standing().oldestHeld()).isPresent();
    var before = received();
    assertChain(before.get("b"), 1);
    assertChain(before.get("a"), 1);

    // A retry that fails again.
    assertThat(quarantine.retry(entry.eventId())).isTrue();
    await().until(() -> quarantine.list(10).size() == 1);
    assertThat(quarantine.retry("01900000-0000-7000-8000-000000000000")).isFalse();
    assertThat(quarantine.discard(entry.eventId())).isTrue();
    awaitEmpty();
    append("a", 4);
    awaitEmpty();
    List<Event> events = received().get("a");
    assertThat(events).extracting(Event::sequence).containsExactly(2L, 3L, 4L);
    assertThat(events.getFirst().tombstone()).isTrue();
    assertThat(relay.standing().held()).isZero();
    assertThat(
            writer
                .getItem(
                    r ->
                        r.tableName(relayTable)
                            .key(
                                Map.of(
                                    "pk", AttributeValue.fromS("discarded"),
                                    "sk", AttributeValue.fromS(entry.eventId()))))
                .item())
        .containsKey("data");
  }

  @Test
  void an_item_whose_number_went_back_is_held_and_told() throws Exception {
    Relay relay = start();
    append("a", 1, 2);
    awaitEmpty();
    writer.putItem(r -> r.tableName(table).item(key("a")));
    append("a", 3);
    await().until(() -> relay.standing().held() == 1);
    writer.updateItem(
        r ->
            r.tableName(table)
                .key(key("a"))
                .updateExpression("SET obt_seq = :three")
                .expressionAttributeValues(Map.of(":three", AttributeValue.fromN("3"))));
    awaitEmpty();
    assertChain(received().get("a"), 3);
    assertThat(relay.standing().held()).isZero();
  }

  @Test
  void an_item_that_will_expire_although_events_wait_in_it_is_told_once() throws Exception {
    var log = (Logger) LoggerFactory.getLogger(DynamoDbSource.class.getPackageName());
    var said = new ListAppender<ILoggingEvent>();
    said.start();
    log.addAppender(said);
    toClose.add(() -> log.detachAppender(said));
    writer.updateTimeToLive(
        r -> r.tableName(table).timeToLiveSpecification(t -> t.attributeName("ttl").enabled(true)));
    for (String id : List.of("expires", "stays")) {
      writer.updateItem(
          r ->
              r.tableName(table)
                  .key(key(id))
                  .updateExpression("SET #ttl = :at")
                  .expressionAttributeNames(Map.of("#ttl", id.equals("expires") ? "ttl" : "other"))
                  .expressionAttributeValues(Map.of(":at", AttributeValue.fromN("4102444800"))));
      append(id, 1);
    }
    start();
    awaitEmpty();
    append("expires", 2);
    awaitEmpty();
    assertThat(said.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .filteredOn(m -> m.contains(" expires at "))
        .singleElement()
        .asString()
        .contains("expires at 4102444800 by its attribute ttl");
  }

  @Test
  void what_dynamodb_refuses_or_does_not_answer_is_told_and_loses_nothing() throws Exception {
    proxy.set((action, request) -> Fault.DENY);
    append("a", 1);
    Relay relay = start();
    await().until(() -> relay.trouble().orElse("").contains("AccessDenied"));
    proxy.set((action, request) -> action.equals("BatchGetItem") ? Fault.THROTTLE : Fault.NONE);
    await().until(() -> relay.trouble().orElse("").contains("throttles"));
    proxy.set((action, request) -> action.equals("UpdateItem") ? Fault.DENY : Fault.NONE);
    await().until(() -> relay.trouble().orElse("").contains("UpdateItem"));
    assertThat(received()).as("nothing is sent that can't be taken out").isEmpty();
    proxy.set(FaultyDynamoDb.Plan.NONE);
    awaitEmpty();
    await().until(() -> relay.trouble().isEmpty());
    assertChain(received().get("a"), 1);
    assertThat(relay.standing().held()).isZero();
  }

  @Test
  void a_partition_that_moves_away_is_drained_and_nothing_of_it_is_sent_afterwards()
      throws Exception {
    Relay relay = start();
    append("a", 1);
    awaitEmpty();
    relay.drain(GRANT);
    await().until(() -> drained.equals(List.of(GRANT)));
    append("a", 2);
    var next = new Grant(0, GRANT.slots(), 2);
    relay.start(next);
    awaitEmpty();
    assertChain(received().get("a"), 2);
  }

  @Test
  void with_all_faults_at_once_every_event_arrives_in_order() throws Exception {
    proxy.set(FaultyDynamoDb.Plan.percent(20));
    start();
    for (int n = 0; n < 150; n++) {
      append("a" + n % 7, n);
    }
    awaitEmpty();
    assertThat(proxy.injected()).isPositive();
    var received = received();
    for (int a = 0; a < 7; a++) {
      assertChain(received.get("a" + a), 150 / 7 + (a < 150 % 7 ? 1 : 0));
    }
  }
}
