package io.outboxpipeline.dynamodb;

import static io.outboxpipeline.dynamodb.TestTable.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.dynamodb.WriteOutcome.Outdated;
import io.outboxpipeline.dynamodb.WriteOutcome.Refused;
import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.outbox.NewEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Writes with events, on a real peer. */
@NullUnmarked // an attribute that is missing fails the test
final class DynamoOutboxIT {
  private final TestTable table = new TestTable();
  private final DynamoOutbox outbox = new DynamoOutbox(table.client);

  @AfterEach
  void close() {
    table.close();
  }

  static NewEvent event(String id, int n) {
    return NewEvent.json(new Aggregate("order", id), "order.placed", "{\"n\":" + n + "}");
  }

  private Written append(String id, int... numbers) {
    var events = IntStream.of(numbers).mapToObj(n -> event(id, n)).toList();
    return (Written) outbox.write(outbox.prepare().update(table.count(id), events).build());
  }

  private static List<Long> numbers(OutboxItem item) {
    return LongStream.rangeClosed(item.firstSequence(), item.lastSequence()).boxed().toList();
  }

  @Test
  void an_event_waits_in_the_item_that_changed_with_its_number_and_its_slot() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    Written written =
        (Written)
            outbox.write(
                outbox
                    .prepare()
                    .update(
                        table.count("a"),
                        List.of(
                            event("a", 1).withHeader("traceparent", "00-ab"),
                            new NewEvent(
                                new Aggregate("order", "a"),
                                "order.scanned",
                                "image/png",
                                new byte[] {1, 2, -3},
                                Map.of())))
                    .build());
    OutboxItem item = table.outbox("a");
    assertThat(item.aggregate()).isEqualTo(new Aggregate("order", "a"));
    assertThat(numbers(item)).containsExactly(1L, 2L);
    assertThat(item.events())
        .extracting(PendingEvent::id)
        .containsExactlyElementsOf(
            written.events().stream().map(a -> a.eventId().toString()).toList());
    assertThat(written.events().get(0).eventId().version()).isEqualTo(7);
    Event first = item.events().get(0).event(item.aggregate(), 1);
    assertThat(first.type()).isEqualTo("order.placed");
    assertThat(first.headers()).containsExactly(Map.entry("traceparent", "00-ab"));
    assertThat(first.contentType()).isEqualTo(Event.JSON);
    assertThat(first.payload()).asString().isEqualTo("{\"n\":1}");
    assertThat(first.time()).isBetween(before, Instant.now());
    Event second = item.events().get(1).event(item.aggregate(), 2);
    assertThat(second.contentType()).isEqualTo("image/png");
    assertThat(second.payload()).containsExactly(1, 2, -3);
    Map<String, AttributeValue> stored = table.item("a");
    assertThat(stored.get("count").n()).isEqualTo("1");
    assertThat(stored.get("obt_slot").n())
        .isEqualTo(Integer.toString(new Aggregate("order", "a").slot()));
    assertThat(Long.parseLong(stored.get("obt_bytes").n()))
        .isEqualTo(item.events().stream().mapToLong(PendingEvent::bytes).sum());
    await().until(() -> table.indexed().equals(List.of("a")));
  }

  @Test
  void appends_at_once_get_numbers_without_gaps_in_the_order_of_the_list() throws Exception {
    var patient =
        new DynamoOutbox(table.client, 300 << 10, Duration.ofMinutes(2), InstantSource.system());
    try (var threads = Executors.newFixedThreadPool(8)) {
      var writes =
          IntStream.range(0, 40)
              .<Callable<WriteOutcome>>mapToObj(
                  i ->
                      () ->
                          patient.write(
                              patient
                                  .prepare()
                                  .update(table.count("a"), List.of(event("a", i)))
                                  .build()))
              .toList();
      for (Future<WriteOutcome> f : threads.invokeAll(writes)) {
        assertThat(f.get()).isInstanceOf(Written.class);
      }
    }
    assertThat(numbers(table.outbox("a")))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
    assertThat(table.item("a").get("count").n()).isEqualTo("40");
  }

  @Test
  void a_condition_of_the_caller_s_refuses_the_change_and_its_event() throws Exception {
    append("a", 1);
    var write = outbox.prepare().update(table.countBelow("a", 1), List.of(event("a", 2))).build();
    assertThat(outbox.write(write))
        .isInstanceOfSatisfying(
            Refused.class, r -> assertThat(r.item().get("count").n()).isEqualTo("1"));
    assertThat(numbers(table.outbox("a"))).containsExactly(1L);
    assertThat(
            outbox.writeUnrepeated(
                outbox.prepare().update(table.countBelow("a", 1), List.of(event("a", 2))).build()))
        .isInstanceOf(Refused.class);
  }

  @Test
  void several_aggregates_change_together_or_not_at_all() throws Exception {
    append("b", 1);
    assertThat(
            outbox.write(
                outbox
                    .prepare()
                    .update(table.count("a"), List.of(event("a", 1)))
                    .update(table.countBelow("b", 1), List.of(event("b", 2)))
                    .build()))
        .isInstanceOfSatisfying(Refused.class, r -> assertThat(r.part()).isEqualTo(1));
    assertThat(table.item("a")).isEmpty();
    assertThat(
            outbox.write(
                outbox
                    .prepare()
                    .update(table.count("a"), List.of(event("a", 1)))
                    .update(table.countBelow("b", 2), List.of(event("b", 2), event("b", 3)))
                    .also(
                        TransactWriteItem.builder()
                            .put(p -> p.tableName(table.name).item(key("receipt")))
                            .build())
                    .build()))
        .isInstanceOf(Written.class);
    assertThat(numbers(table.outbox("b"))).containsExactly(1L, 2L, 3L);
    assertThat(table.item("receipt")).isNotEmpty();
  }

  @Test
  void what_can_t_be_one_write_is_refused_when_it_is_built() {
    var twice =
        outbox
            .prepare()
            .update(table.count("a"), List.of(event("a", 1)))
            .update(table.count("a"), List.of(event("a", 2)));
    assertThatThrownBy(twice::build).hasMessageContaining("twice");
    assertThatThrownBy(
            () -> outbox.prepare().update(table.count("a"), List.of(event("a", 1), event("b", 1))))
        .hasMessageContaining("one aggregate");
    assertThatThrownBy(() -> outbox.prepare().update(table.count("a"), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    for (String own : List.of("SET obt_seq = :one", "SET #c = obt_bytes", "REMOVE obt_events[0]")) {
      Update update = table.count("a").toBuilder().updateExpression(own).build();
      assertThatThrownBy(() -> outbox.prepare().update(update, List.of(event("a", 1))))
          .as(own)
          .hasMessageContaining("obt_");
    }
    Update aliased =
        table.count("a").toBuilder().expressionAttributeNames(Map.of("#c", "obt_seq")).build();
    assertThatThrownBy(() -> outbox.prepare().update(aliased, List.of(event("a", 1))))
        .hasMessageContaining("obt_");
    Update open =
        table.count("a").toBuilder().conditionExpression("#c = :one) OR (#c = :one").build();
    assertThatThrownBy(() -> outbox.prepare().update(open, List.of(event("a", 1))))
        .hasMessageContaining("brackets");
  }

  @Test
  void an_item_is_one_aggregate_for_ever() {
    append("a", 1);
    var other = outbox.prepare().update(table.count("a"), List.of(event("b", 1))).build();
    assertThatThrownBy(() -> outbox.write(other)).hasMessageContaining("another aggregate");
  }

  @Test
  void a_full_item_pushes_back_on_its_aggregate_alone_until_events_are_sent() throws Exception {
    var small = new DynamoOutbox(table.client, 1 << 10, Duration.ZERO, InstantSource.system());
    NewEvent large = NewEvent.json(new Aggregate("order", "a"), "x", "\"" + "y".repeat(700) + "\"");
    assertThat(small.write(small.prepare().update(table.count("a"), List.of(large)).build()))
        .isInstanceOf(Written.class);
    var more = small.prepare().update(table.count("a"), List.of(large)).build();
    assertThatThrownBy(() -> small.write(more))
        .isInstanceOf(OutboxFullException.class)
        .satisfies(e -> assertThat(Retryable.test(e)).isTrue());
    assertThat(
            small.write(small.prepare().update(table.count("b"), List.of(event("b", 1))).build()))
        .isInstanceOf(Written.class);
    assertThat(table.item("a").get("count").n()).isEqualTo("1");
    drain("a");
    assertThat(small.write(more)).isInstanceOf(Written.class);
    assertThat(numbers(table.outbox("a"))).containsExactly(2L);
  }

  /** As a relay does it when all is sent. */
  private void drain(String id) {
    table.client.updateItem(
        r ->
            r.tableName(table.name)
                .key(key(id))
                .updateExpression("REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes"));
  }

  @Test
  void dynamodb_s_own_limit_pushes_back_the_same_way() {
    table.client.putItem(
        r ->
            r.tableName(table.name)
                .item(
                    Map.of(
                        "pk", AttributeValue.fromS("a"),
                        "large", AttributeValue.fromS("x".repeat(390 << 10)))));
    NewEvent event =
        NewEvent.json(new Aggregate("order", "a"), "x", "\"" + "y".repeat(20 << 10) + "\"");
    assertThatThrownBy(
            () -> outbox.write(outbox.prepare().update(table.count("a"), List.of(event)).build()))
        .isInstanceOf(OutboxFullException.class);
    assertThatThrownBy(
            () ->
                outbox.writeUnrepeated(
                    outbox.prepare().update(table.count("a"), List.of(event)).build()))
        .isInstanceOf(OutboxFullException.class);
  }

  @Test
  void who_says_which_number_he_saw_is_told_the_next_or_that_it_moved_on() throws Exception {
    var first = outbox.prepare().updateAt(0, table.count("a"), List.of(event("a", 1))).build();
    assertThat(((Written) outbox.write(first)).events().get(0).sequence())
        .isEqualTo(OptionalLong.of(1));
    drain("a");
    var stale = outbox.prepare().updateAt(0, table.count("a"), List.of(event("a", 2))).build();
    assertThat(outbox.write(stale))
        .isInstanceOfSatisfying(
            Outdated.class, o -> assertThat(o.item().get("obt_seq").n()).isEqualTo("1"));
    var next =
        outbox
            .prepare()
            .updateAt(1, table.count("a"), List.of(event("a", 2), event("a", 3)))
            .build();
    assertThat(((Written) outbox.write(next)).events())
        .extracting(Appended::sequence)
        .containsExactly(OptionalLong.of(2), OptionalLong.of(3));
  }

  @Test
  void an_update_alone_at_half_the_price_tells_the_numbers() {
    append("a", 1);
    var write =
        outbox.prepare().update(table.count("a"), List.of(event("a", 2), event("a", 3))).build();
    assertThat(((Written) outbox.writeUnrepeated(write)).events())
        .extracting(Appended::sequence)
        .containsExactly(OptionalLong.of(2), OptionalLong.of(3));
  }

  @Test
  void many_events_of_one_write_fit_the_expression() throws Exception {
    var events = new ArrayList<NewEvent>();
    for (int i = 0; i < 200; i++) {
      events.add(event("a", i));
    }
    outbox.write(outbox.prepare().update(table.count("a"), events).build());
    assertThat(table.outbox("a").events()).hasSize(200);
  }
}
