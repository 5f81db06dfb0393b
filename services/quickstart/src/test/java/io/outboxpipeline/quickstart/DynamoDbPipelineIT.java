package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.ownership.MemberId;
import io.outboxpipeline.relay.lease.DynamoDbLeaseStore;
import io.outboxpipeline.relay.lease.RelayTable;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import io.outboxpipeline.testkit.TestDatabase;
import io.outboxpipeline.testkit.TestSize;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * The real processes, with spendings in DynamoDB, under load: relays are killed, paused past their
 * lease and restarted, and DynamoDB throttles, conflicts, has a stale index and drops answers.
 * Whatever happens: what the base has is what the consumer has, once, in order per identity, and no
 * event waits any more.
 */
@NullUnmarked // an attribute that is missing fails the test
final class DynamoDbPipelineIT {
  private static final int POSTS = TestSize.of(1_500, 20_000);
  private static final int PER_SECOND = TestSize.of(60, 1_000_000);
  private static final int IDENTITIES = TestSize.of(200, 500);
  private static final Path LOGS = Path.of("target", "pipeline-logs", "dynamodb");

  private final String table = "obt-test-" + UUID.randomUUID();
  private final Database consumer = TestDatabase.preferred().create();
  private final DynamoDbClient direct = DynamoDbPeer.client();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  private final Pipeline pipeline = new Pipeline(consumer, consumer, sqs.endpoint(), LOGS, false);

  @AfterEach
  void close() {
    pipeline.close();
    for (String name : List.of(table, table + "-relay")) {
      direct.deleteTable(r -> r.tableName(name));
    }
    proxy.close();
    direct.close();
    sqs.close();
  }

  private void start() {
    Pipeline.createQueue(sqs.endpoint(), Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "5"));
    pipeline.with(
        Map.of(
            "BASE_STORE", "dynamodb",
            "RELAY_STORE", "dynamodb",
            "RELAY_IDLE_DELAY", "100ms",
            "DYNAMODB_TABLE", table,
            "AWS_ENDPOINT_URL_DYNAMODB", proxy.endpoint().toString()));
    pipeline.startBase("base-1");
    pipeline.awaitReady("base-1"); // it makes the tables
    pipeline.startBase("base-2");
    pipeline.startConsumer("consumer");
    List.of("relay-1", "relay-2", "relay-3").forEach(pipeline::startRelay);
    List.of("base-2", "consumer", "relay-1", "relay-2", "relay-3").forEach(pipeline::awaitReady);
  }

  /** All kinds of faults; a fifth of the spendings is refused whenever it comes. */
  private static Fault fault(String action, JsonNode request) {
    boolean refuse =
        action.equals("TransactWriteItems") && request.toString().contains(Clients.ROLLED_BACK);
    return refuse ? Fault.REFUSE : FaultyDynamoDb.Plan.percent(4).of(action, request);
  }

  @Test
  void every_spending_arrives_once_and_in_order_while_all_fail_that_can() throws Exception {
    start();
    var leases = new DynamoDbLeaseStore(new RelayTable(direct, table + "-relay"));
    proxy.set(DynamoDbPipelineIT::fault);
    try (var clients =
        new Clients(
            32,
            POSTS,
            PER_SECOND,
            IDENTITIES,
            List.of(
                pipeline.uri("base-1", "/api/v1/spending"),
                pipeline.uri("base-2", "/api/v1/spending")))) {
      awaitAnswered(clients, 10);
      pipeline.process("relay-1").kill();
      awaitAnswered(clients, 20);
      pipeline.process("relay-2").pause();
      var paused = Optional.of(new MemberId("relay-2"));
      await("the paused relay's partitions are others'")
          .until(
              () -> leases.snapshot().leases().stream().noneMatch(l -> l.holder().equals(paused)));
      pipeline.process("relay-2").resume();
      awaitAnswered(clients, 40);
      pipeline.process("base-2").kill();
      pipeline.startBase("base-2");
      awaitAnswered(clients, 50);
      pipeline.startRelay("relay-1");
      awaitAnswered(clients, 60);
      assertThat(pipeline.process("relay-3").stop(60)).as("exit code after SIGTERM").isZero();
      pipeline.startRelay("relay-3");
      awaitAnswered(clients, 70);
      pipeline.process("consumer").kill();
      pipeline.startConsumer("consumer");
      clients.await();
      proxy.set(FaultyDynamoDb.Plan.NONE);
      assertThat(proxy.injected()).as("faults").isGreaterThan(POSTS / 10);
      assertEverythingArrived(clients);
    }
  }

  private static void awaitAnswered(Clients clients, int percent) {
    await().atMost(Duration.ofMinutes(10)).until(() -> clients.answered() >= POSTS * percent / 100);
  }

  private void assertEverythingArrived(Clients clients) {
    assertThat(clients.rolledBack()).isEqualTo(POSTS / 5);
    assertThat(clients.posted()).isEqualTo(POSTS - POSTS / 5);
    await("no item is in the index")
        .atMost(Duration.ofMinutes(5))
        .until(() -> direct.scan(r -> r.tableName(table).indexName("obt_pending")).count() == 0);
    Arrived.awaitAll(written(), consumer, clients.posted());
  }

  /** What the base has; nothing waits in it, and each total is that of its spendings. */
  private List<Arrived.Spent> written() {
    List<Arrived.Spent> written = new ArrayList<>();
    Map<String, Integer> counts = new HashMap<>();
    var totals = new HashMap<String, Map<String, AttributeValue>>();
    for (var item : direct.scanPaginator(r -> r.tableName(table)).items()) {
      if (item.containsKey("amount")) {
        written.add(
            new Arrived.Spent(
                item.get("event_id").s(),
                item.get("identity").s(),
                Long.parseLong(item.get("sequence").n()),
                item.get("name").s(),
                item.get("surname").s(),
                new java.math.BigDecimal(item.get("amount").n()).setScale(2).toPlainString()));
        counts.merge(item.get("identity").s(), 1, Integer::sum);
      } else if (item.containsKey("spendings")) {
        totals.put(item.get("identity").s(), item);
      }
    }
    assertThat(totals.keySet()).isEqualTo(counts.keySet());
    counts.forEach(
        (identity, count) ->
            assertThat(totals.get(identity))
                .as(identity)
                .doesNotContainKeys("obt_events", "obt_slot", "obt_shard", "obt_bytes", "obt_since")
                .containsEntry("obt_seq", AttributeValue.fromN(count.toString()))
                .containsEntry("spendings", AttributeValue.fromN(count.toString())));
    return written;
  }
}
