package io.outboxpipeline.dynamodb;

import static io.outboxpipeline.dynamodb.DynamoOutboxIT.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.dynamodb.WriteOutcome.Refused;
import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;

/** Answers get lost before and after the write, while a relay drains the item. */
@NullUnmarked // an attribute that is missing fails the test
final class LostAnswersIT {
  private final TestTable table = new TestTable();
  private final FaultyDynamoDb proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());

  @AfterEach
  void close() {
    proxy.close();
    table.close();
  }

  /** So many faults of a kind, then none; what is behind each is done before the next request. */
  private void faults(Runnable between, Fault... faults) {
    Deque<Fault> left = new ArrayDeque<>(List.of(faults));
    proxy.set(
        (action, request) -> {
          synchronized (left) {
            if (left.size() < faults.length) {
              between.run();
            }
            return left.isEmpty() ? Fault.NONE : left.removeFirst();
          }
        });
  }

  private void drain() {
    table.client.updateItem(
        r ->
            r.tableName(table.name)
                .key(TestTable.key("a"))
                .updateExpression("REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes"));
  }

  private DynamoOutbox outbox(DynamoDbClient client, Duration patience) {
    return new DynamoOutbox(client, DynamoOutbox.DEFAULT_MAX_PENDING, patience, now::get);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void an_event_gets_one_number_although_its_answer_was_lost_and_it_was_sent_meanwhile(
      int sdkAttempts) {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), sdkAttempts)) {
      var outbox = outbox(client, Duration.ofSeconds(30));
      faults(this::drain, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.DROP_AFTER);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThat(outbox.write(write)).isInstanceOf(Written.class);
    }
    assertThat(table.item("a").get("obt_seq").n()).isEqualTo("1");
    assertThat(table.item("a").get("count").n()).isEqualTo("1");
    assertThat(table.item("a")).doesNotContainKey("obt_events");
  }

  @Test
  void a_plain_update_repeated_by_the_sdk_would_count_twice() {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 4)) {
      var outbox = outbox(client, Duration.ofSeconds(30));
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThatThrownBy(() -> outbox.writeUnrepeated(write)).hasMessageContaining("doNotRetry");
      faults(this::drain, Fault.DROP_AFTER);
      var u = write.part(0).update();
      client.updateItem(
          r ->
              r.tableName(u.tableName())
                  .key(u.key())
                  .updateExpression(u.updateExpression())
                  .conditionExpression(u.conditionExpression())
                  .expressionAttributeNames(u.expressionAttributeNames())
                  .expressionAttributeValues(u.expressionAttributeValues()));
    }
    assertThat(table.item("a").get("obt_seq").n()).as("what the token is for").isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1})
  void what_is_unknown_stays_so_whatever_the_next_answer_and_the_clock_say(int seconds) {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ZERO);
      faults(() -> {}, Fault.DROP_AFTER, Fault.DENY);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThatThrownBy(() -> outbox.write(write)).isInstanceOf(OutcomeUnknownException.class);
      now.updateAndGet(n -> n.plusSeconds(seconds));
      assertThatThrownBy(() -> outbox.write(write)).isInstanceOf(OutcomeUnknownException.class);
      assertThat(outbox.write(write)).isInstanceOf(Written.class);
    }
    assertThat(table.item("a").get("obt_seq").n()).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource(names = {"DROP_BEFORE", "DROP_AFTER"})
  void a_write_at_half_the_price_says_that_it_does_not_know(Fault fault) {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ofSeconds(30));
      faults(() -> {}, fault);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThatThrownBy(() -> outbox.writeUnrepeated(write))
          .isInstanceOf(OutcomeUnknownException.class);
      assertThat(proxy.calls()).containsEntry("UpdateItem", 1);
    }
  }

  @Test
  void a_condition_that_the_write_itself_made_false_is_no_refusal() {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ofSeconds(30));
      faults(() -> {}, Fault.DROP_AFTER);
      var write = outbox.prepare().update(table.countBelow("a", 1), List.of(event("a", 1))).build();
      assertThat(outbox.write(write)).isInstanceOf(Written.class);
      var second =
          outbox.prepare().update(table.countBelow("a", 1), List.of(event("a", 2))).build();
      assertThat(outbox.write(second)).isInstanceOf(Refused.class);
      // A peer without the token answers by the condition; the item tells whose event it has.
      var anew = second.request().toBuilder().build();
      assertThat(anew).isEqualTo(second.request());
    }
  }

  @Test
  void throttling_and_conflicts_are_waited_out() {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ofSeconds(30));
      faults(() -> {}, Fault.THROTTLE, Fault.CONFLICT, Fault.CONFLICT, Fault.THROTTLE);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThat(outbox.write(write)).isInstanceOf(Written.class);
      faults(() -> {}, Fault.THROTTLE, Fault.CONFLICT);
      var unrepeated = outbox.prepare().update(table.count("a"), List.of(event("a", 2))).build();
      assertThat(outbox.writeUnrepeated(unrepeated)).isInstanceOf(Written.class);
    }
    assertThat(table.item("a").get("obt_seq").n()).isEqualTo("2");
  }

  @Test
  void without_patience_the_caller_is_told_what_may_be_repeated_and_what_is_unknown() {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ZERO);
      faults(() -> {}, Fault.THROTTLE, Fault.DROP_AFTER, Fault.DENY);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThatThrownBy(() -> outbox.write(write))
          .isInstanceOf(DynamoDbException.class)
          .satisfies(e -> assertThat(Retryable.test(e)).isTrue());
      assertThatThrownBy(() -> outbox.write(write)).isInstanceOf(OutcomeUnknownException.class);
      var other = outbox.prepare().update(table.count("b"), List.of(event("b", 1))).build();
      assertThatThrownBy(() -> outbox.write(other))
          .isInstanceOf(DynamoDbException.class)
          .satisfies(e -> assertThat(Retryable.test(e)).isFalse());
      assertThat(outbox.write(write)).as("the same object again").isInstanceOf(Written.class);
    }
    assertThat(table.item("a").get("obt_seq").n()).isEqualTo("1");
  }

  @Test
  void a_write_is_not_sent_again_when_its_token_may_have_run_out() {
    try (DynamoDbClient client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      var outbox = outbox(client, Duration.ZERO);
      faults(() -> {}, Fault.DROP_AFTER);
      var write = outbox.prepare().update(table.count("a"), List.of(event("a", 1))).build();
      assertThatThrownBy(() -> outbox.write(write)).isInstanceOf(OutcomeUnknownException.class);
      now.set(now.get().plus(Duration.ofMinutes(9)));
      assertThatThrownBy(() -> outbox.write(write)).isInstanceOf(OutcomeUnknownException.class);
      assertThat(proxy.calls()).containsEntry("TransactWriteItems", 1);
    }
  }
}
