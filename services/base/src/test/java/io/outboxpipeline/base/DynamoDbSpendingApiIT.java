package io.outboxpipeline.base;

import static io.outboxpipeline.base.Api.body;
import static io.outboxpipeline.base.Api.json;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import jakarta.json.JsonObject;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

@Execution(ExecutionMode.SAME_THREAD)
@NullUnmarked // an attribute that is missing fails the test
final class DynamoDbSpendingApiIT extends SpendingApiCase {
  private static @Nullable DynamoDbTestBase startedTable;
  private static @Nullable BaseService started;

  private final DynamoDbTestBase db = requireNonNull(startedTable);

  DynamoDbSpendingApiIT() {
    super(requireNonNull(started).port());
  }

  @BeforeAll
  static void start() {
    startedTable = new DynamoDbTestBase();
    started = TestBase.startReady(startedTable.settings());
  }

  @AfterAll
  static void stop() {
    requireNonNull(started).close();
    requireNonNull(startedTable).close();
  }

  @AfterEach
  void mend() {
    db.proxy.set(FaultyDynamoDb.Plan.NONE);
  }

  @Override
  long spendings(String identity) {
    return db.spendings(identity);
  }

  @Override
  long events(String identity) {
    return db.events(identity);
  }

  @Override
  boolean waits(JsonObject created) {
    var event =
        db.total(created.getString("identity")).get("obt_events").l().stream()
            .map(AttributeValue::m)
            .filter(e -> e.get("id").s().equals(created.getString("eventId")))
            .findFirst()
            .orElseThrow();
    return event.get("type").s().equals("spending.created")
        && json(event.get("data").b().asUtf8String())
            .getString("amount")
            .equals(created.getString("amount"));
  }

  private static FaultyDynamoDb.Plan first(int times, Fault fault) {
    var left = new AtomicInteger(times);
    return (action, request) ->
        action.equals("TransactWriteItems") && left.getAndDecrement() > 0 ? fault : Fault.NONE;
  }

  @Test
  void the_aggregate_s_item_has_the_total_and_the_count() {
    String identity = someone();
    for (String amount : List.of("0.10", "0.20", "999999999999999999.99")) {
      api.post(body(identity, amount));
    }
    assertThat(db.total(identity).get("total").n()).isEqualTo("1000000000000000000.29");
    assertThat(db.total(identity).get("spendings").n()).isEqualTo("3");
    assertThat(db.total(identity)).as("an aggregate never expires").doesNotContainKey("expires");
  }

  @Test
  void a_key_expires_no_earlier_than_its_retention() {
    String key = someone();
    Instant before = Instant.now();
    api.postWithKey(key, body(key, "1"));
    assertThat(Long.parseLong(db.key(key).get("expires").n()))
        .isBetween(
            before.plus(Duration.ofHours(24)).getEpochSecond(),
            Instant.now().plus(Duration.ofHours(24)).getEpochSecond() + 1);
    assertThat(
            db.client
                .describeTimeToLive(r -> r.tableName(db.table))
                .timeToLiveDescription()
                .attributeName())
        .isEqualTo("expires");
    // As DynamoDB does it then.
    db.client.deleteItem(
        r ->
            r.tableName(db.table)
                .key(Map.of("pk", db.key(key).get("pk"), "sk", db.key(key).get("sk"))));
    assertThat(json(api.postWithKey(key, body(key, "2"))).getInt("sequence")).isEqualTo(2);
  }

  @Test
  void a_write_whose_answer_was_lost_is_done_once() {
    for (Fault fault :
        List.of(Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.CONFLICT, Fault.THROTTLE)) {
      String identity = someone();
      db.proxy.set(first(2, fault));
      var answer = api.post(body(identity, "1"));
      assertThat(answer.statusCode()).as(fault + answer.body()).isEqualTo(201);
      assertThat(spendings(identity)).isEqualTo(1);
      assertThat(events(identity)).isEqualTo(1);
      assertThat(waits(json(answer))).isTrue();
    }
  }

  @Test
  void a_client_that_repeats_what_nobody_knows_gets_one_spending() {
    String identity = someone();
    db.proxy.set(first(1000, Fault.DROP_AFTER));
    var unknown = api.postWithKey(identity, body(identity, "1"));
    assertProblem(unknown, 503);
    assertThat(unknown.headers().firstValue("retry-after")).isPresent();
    assertThat(unknown.body()).contains("may be written");
    db.proxy.set(FaultyDynamoDb.Plan.NONE);
    var again = api.postWithKey(identity, body(identity, "1"));
    assertThat(again.statusCode()).isEqualTo(201);
    assertThat(json(again).getInt("sequence")).isEqualTo(1);
    assertThat(spendings(identity)).isEqualTo(1);
    assertThat(events(identity)).isEqualTo(1);
  }

  @Test
  void an_identity_with_too_many_events_that_wait_is_503_and_no_other_one() {
    String identity = someone();
    int written = 0;
    var answer = api.post(body(identity, "1"));
    while (answer.statusCode() == 201) {
      written++;
      answer = api.post(body(identity, "1"));
    }
    assertProblem(answer, 503);
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
    assertThat(answer.body()).contains("events of this identity wait");
    assertThat(written).isBetween(50, 500);
    assertThat(spendings(identity)).isEqualTo(written);
    assertThat(api.post(body(someone(), "1")).statusCode()).isEqualTo(201);
    // As the relay does it.
    db.client.updateItem(
        r ->
            r.tableName(db.table)
                .key(Map.of("pk", db.total(identity).get("pk"), "sk", db.total(identity).get("sk")))
                .updateExpression("REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes"));
    assertThat(json(api.post(body(identity, "1"))).getInt("sequence")).isEqualTo(written + 1);
  }

  @Test
  void reads_that_are_throttled_are_read_again() {
    String identity = someone();
    var created = api.post(body(identity, "1"));
    var calls = new AtomicInteger();
    db.proxy.set(
        (action, request) -> calls.incrementAndGet() % 2 == 1 ? Fault.THROTTLE : Fault.NONE);
    assertThat(api.get(created.headers().firstValue("location").orElseThrow()).body())
        .isEqualTo(created.body());
    assertThat(json(api.list(identity, "")).getJsonArray("items")).hasSize(1);
  }

  @Test
  void two_bases_write_an_identity_without_gaps() throws Exception {
    String identity = someone();
    try (var other = TestBase.startReady(db.settings())) {
      var bases = List.of(api, new Api(other.port()));
      var answers =
          Api.atOnce(
              IntStream.range(0, 40)
                  .<Callable<HttpResponse<String>>>mapToObj(
                      i ->
                          () ->
                              bases
                                  .get(i % 2)
                                  .postWithKey(identity + i / 2, body(identity, "" + (1 + i / 2))))
                  .toList());
      assertThat(answers).allMatch(r -> r.statusCode() == 201);
      assertThat(spendings(identity)).isEqualTo(20);
      assertThat(events(identity)).isEqualTo(20);
      assertThat(db.total(identity).get("obt_seq").n()).isEqualTo("20");
    }
  }

  @Test
  void whatever_fails_a_spending_its_event_and_the_total_are_written_all_or_none()
      throws Exception {
    String identity = "any-" + UUID.randomUUID();
    db.proxy.set(FaultyDynamoDb.Plan.percent(25));
    var answers =
        Api.atOnce(
            IntStream.range(0, 60)
                .<Callable<HttpResponse<String>>>mapToObj(
                    i -> () -> api.postWithKey(identity + i, body(identity + i % 6, "1")))
                .toList());
    db.proxy.set(FaultyDynamoDb.Plan.NONE);
    assertThat(answers).allMatch(r -> r.statusCode() == 201);
    assertThat(spendings(identity)).isEqualTo(60);
    assertThat(events(identity)).isEqualTo(60);
    for (int i = 0; i < 6; i++) {
      assertThat(db.total(identity + i).get("total").n()).isEqualTo("10");
      assertThat(db.total(identity + i).get("obt_seq").n()).isEqualTo("10");
    }
  }

  @Test
  void a_base_waits_for_its_table_and_says_why() {
    try (var table = new DynamoDbTestBase();
        var base = BaseService.start(table.withoutMigration())) {
      var waiting = new Api(base.port());
      await().until(() -> waiting.get("/health/ready").body().contains("no such table"));
      assertProblem(waiting.post(body("ada", "1")), 503);
      assertThat(waiting.get("/health/live").statusCode()).isEqualTo(200);
      TestBase.startReady(table.settings()).close();
      TestBase.awaitReady(base);
      assertThat(waiting.post(body("ada", "1")).statusCode()).isEqualTo(201);

      table.proxy.set((action, request) -> Fault.DENY);
      await().until(() -> waiting.get("/health/ready").body().contains("AccessDenied"));
      assertProblem(waiting.post(body("ada", "1")), 503);
      table.proxy.set((action, request) -> Fault.THROTTLE);
      await().until(() -> waiting.get("/health/ready").body().contains("throttles"));
      assertProblem(waiting.post(body("ada", "1")), 503);
      table.proxy.set((action, request) -> Fault.DROP_BEFORE);
      await().until(() -> waiting.get("/health/ready").body().contains("does not answer"));
      table.proxy.set(FaultyDynamoDb.Plan.NONE);
      TestBase.awaitReady(base);
    }
  }

  @Test
  void a_table_with_another_key_is_refused() {
    try (var table = new DynamoDbTestBase()) {
      io.outboxpipeline.dynamodb.OutboxTable.create(
          table.client, table.table, "obt_pending", "identity");
      try (var base = BaseService.start(table.settings())) {
        var api = new Api(base.port());
        await().until(() -> api.get("/health/ready").body().contains("partition key pk"));
      }
    }
  }
}
