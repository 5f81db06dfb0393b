package io.outboxpipeline.dynamodb;

import static io.outboxpipeline.dynamodb.DynamoOutboxIT.event;
import static io.outboxpipeline.dynamodb.TestTable.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.testkit.DynamoDbPeer;
import io.outboxpipeline.testkit.FaultyDynamoDb;
import io.outboxpipeline.testkit.FaultyDynamoDb.Fault;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

final class SafeWritesIT {
  private final TestTable table = new TestTable();
  private final DynamoOutbox outbox = new DynamoOutbox(table.client);
  private final SafeWrites safe = new SafeWrites(table.client);

  @AfterEach
  void close() {
    table.close();
  }

  private void append(int n) {
    outbox.write(outbox.prepare().update(table.count("a"), List.of(event("a", n))).build());
  }

  private void drain() {
    table.client.updateItem(
        r ->
            r.tableName(table.name)
                .key(key("a"))
                .updateExpression("REMOVE obt_events, obt_slot, obt_shard, obt_since, obt_bytes"));
  }

  private static Map<String, AttributeValue> named(String name) {
    return Map.of("pk", AttributeValue.fromS("a"), "name", AttributeValue.fromS(name));
  }

  @Test
  void a_put_keeps_the_events_that_wait_and_the_number() throws Exception {
    safe.put(table.name, key("a"), named("first"));
    append(1);
    safe.put(table.name, key("a"), named("second"));
    assertThat(table.item("a")).containsEntry("name", AttributeValue.fromS("second"));
    assertThat(table.item("a")).doesNotContainKey("count");
    assertThat(table.outbox("a").lastSequence()).isEqualTo(1);
    await().until(() -> table.indexed().equals(List.of("a")));
    drain();
    safe.put(table.name, key("a"), named("third"));
    append(2);
    assertThat(table.outbox("a").firstSequence()).isEqualTo(2);
  }

  @Test
  void an_item_that_was_deleted_and_created_again_goes_on_counting() throws Exception {
    append(1);
    safe.delete(table.name, key("a"));
    assertThat(table.outbox("a").events()).as("still to be sent").hasSize(1);
    assertThat(table.item("a")).doesNotContainKey("count");
    drain();
    safe.delete(table.name, key("a"));
    assertThat(table.item("a").keySet()).contains("pk", "obt_seq").doesNotContain("count");
    append(2);
    assertThat(table.outbox("a").firstSequence()).isEqualTo(2);
  }

  @Test
  void an_item_that_never_had_an_event_is_gone() {
    safe.put(table.name, key("a"), named("first"));
    safe.delete(table.name, key("a"));
    assertThat(table.item("a")).isEmpty();
  }

  @Test
  void an_event_appended_between_its_read_and_its_write_is_kept() throws Exception {
    append(1);
    var puts = new AtomicInteger();
    try (var proxy = new FaultyDynamoDb(DynamoDbPeer.endpoint());
        var client = DynamoDbPeer.client(proxy.endpoint(), 1)) {
      proxy.set(
          (action, request) -> {
            if (action.equals("PutItem") && puts.incrementAndGet() == 1) {
              append(2);
            }
            return Fault.NONE;
          });
      new SafeWrites(client).put(table.name, key("a"), named("second"));
    }
    assertThat(puts).hasValue(2);
    assertThat(table.outbox("a").events()).hasSize(2);
    assertThat(table.outbox("a").lastSequence()).isEqualTo(2);
  }

  @Test
  void the_outbox_s_attributes_are_not_the_caller_s() {
    assertThatThrownBy(
            () ->
                safe.put(
                    table.name,
                    key("a"),
                    Map.of("pk", AttributeValue.fromS("a"), "obt_seq", AttributeValue.fromN("1"))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
