package io.outboxpipeline.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.IdempotentParameterMismatchException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemResponse;

/**
 * What the product relies on in DynamoDB, of whichever peer is there: {@code -Dtest.dynamodb=aws}
 * asks the real one, in a table that the test creates and deletes.
 */
@NullUnmarked // an attribute that is missing fails the test
final class DynamoDbContractIT {
  private final TestTable table = new TestTable();

  @AfterEach
  void close() {
    table.close();
  }

  private UpdateItemResponse update(
      String id, String expression, String condition, Map<String, AttributeValue> values) {
    return table.client.updateItem(
        r -> {
          r.tableName(table.name)
              .key(TestTable.key(id))
              .updateExpression(expression)
              .returnValues(ReturnValue.ALL_NEW)
              .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
          if (!condition.isEmpty()) {
            r.conditionExpression(condition);
          }
          if (!values.isEmpty()) {
            r.expressionAttributeValues(values);
          }
        });
  }

  private static AttributeValue list(String... elements) {
    return AttributeValue.fromL(
        List.of(elements).stream()
            .map(e -> AttributeValue.fromM(Map.of("id", AttributeValue.fromS(e))))
            .toList());
  }

  private static List<String> ids(Map<String, AttributeValue> item) {
    return item.get("l").l().stream().map(e -> e.m().get("id").s()).toList();
  }

  private void append(String id, String event) {
    update(
        id,
        "SET l = list_append(if_not_exists(l, :none), :new) ADD n :one",
        "",
        Map.of(
            ":none", AttributeValue.fromL(List.of()),
            ":new", list(event),
            ":one", AttributeValue.fromN("1")));
  }

  @Test
  void appends_at_once_are_all_kept_and_the_number_counts_them() throws Exception {
    var appends =
        IntStream.range(0, 64)
            .<Callable<String>>mapToObj(
                i ->
                    () -> {
                      append("a", "e" + i);
                      return "e" + i;
                    })
            .toList();
    var all = new HashSet<String>();
    try (var threads = Executors.newFixedThreadPool(16)) {
      for (Future<String> f : threads.invokeAll(appends)) {
        all.add(f.get());
      }
    }
    assertThat(ids(table.item("a"))).containsExactlyInAnyOrderElementsOf(all);
    assertThat(table.item("a").get("n").n()).isEqualTo("64");
  }

  @Test
  void a_removal_takes_exactly_the_elements_it_names_and_only_while_the_head_is_the_same() {
    for (int i = 0; i < 6; i++) {
      append("a", "e" + i);
    }
    var head = Map.of(":head", AttributeValue.fromS("e0"));
    var after = update("a", "REMOVE l[2], l[1], l[0]", "l[0].id = :head", head);
    assertThat(ids(after.attributes())).containsExactly("e3", "e4", "e5");
    assertThatThrownBy(() -> update("a", "REMOVE l[2], l[1], l[0]", "l[0].id = :head", head))
        .isInstanceOfSatisfying(
            ConditionalCheckFailedException.class,
            e -> assertThat(ids(e.item())).containsExactly("e3", "e4", "e5"));
    assertThat(ids(table.item("a"))).containsExactly("e3", "e4", "e5");
  }

  @Test
  void a_condition_sees_the_number_of_elements() {
    append("a", "e0");
    append("a", "e1");
    var two = Map.of(":k", AttributeValue.fromN("2"));
    append("a", "e2");
    assertThatThrownBy(() -> update("a", "REMOVE l", "size(l) = :k", two))
        .isInstanceOf(ConditionalCheckFailedException.class);
    update("a", "REMOVE l[0]", "", Map.of());
    assertThat(update("a", "REMOVE l", "size(l) = :k", two).attributes()).doesNotContainKey("l");
  }

  @Test
  void a_mark_is_set_in_an_element_if_it_is_the_one() {
    append("a", "e0");
    append("a", "e1");
    var mark =
        Map.of(":id", AttributeValue.fromS("e1"), ":held", AttributeValue.fromS("too large"));
    update("a", "SET l[1].held = :held", "l[1].id = :id", mark);
    assertThat(table.item("a").get("l").l().get(1).m().get("held").s()).isEqualTo("too large");
    assertThatThrownBy(() -> update("a", "SET l[0].held = :held", "l[0].id = :id", mark))
        .isInstanceOf(ConditionalCheckFailedException.class);
    assertThatThrownBy(() -> update("a", "SET l[7].held = :held", "l[7].id = :id", mark))
        .isInstanceOf(ConditionalCheckFailedException.class);
    assertThatThrownBy(() -> update("b", "SET l[0].held = :held", "l[0].id = :id", mark))
        .isInstanceOf(ConditionalCheckFailedException.class);
  }

  @Test
  void the_index_has_an_item_as_long_as_it_has_the_attributes() {
    var index =
        Map.of(
            ":shard", AttributeValue.fromN("1"),
            ":slot", AttributeValue.fromN("20"));
    update("a", "SET obt_shard = :shard, obt_slot = :slot, elsewhere = :slot", "", index);
    update("b", "SET obt_slot = :slot", "", Map.of(":slot", AttributeValue.fromN("20")));
    await().until(() -> table.indexed().equals(List.of("a")));
    update("a", "REMOVE obt_shard, obt_slot", "", Map.of());
    await().until(() -> table.indexed().isEmpty());
  }

  @Test
  void a_query_of_a_range_of_slots_comes_in_pages_and_misses_nothing() {
    for (int i = 0; i < 20; i++) {
      update(
          "i" + i,
          "SET obt_shard = :shard, obt_slot = :slot",
          "",
          Map.of(
              ":shard", AttributeValue.fromN("1"),
              ":slot", AttributeValue.fromN(Integer.toString(16 + i % 4))));
    }
    await().until(() -> table.indexed().size() == 20);
    var seen = new ArrayList<String>();
    var pages =
        table.client.queryPaginator(
            r ->
                r.tableName(table.name)
                    .indexName(OutboxAttributes.INDEX)
                    .limit(3)
                    .keyConditionExpression("obt_shard = :shard AND obt_slot BETWEEN :from AND :to")
                    .expressionAttributeValues(
                        Map.of(
                            ":shard", AttributeValue.fromN("1"),
                            ":from", AttributeValue.fromN("17"),
                            ":to", AttributeValue.fromN("18"))));
    pages.items().forEach(i -> seen.add(i.get("pk").s()));
    assertThat(seen)
        .containsExactlyInAnyOrder("i1", "i2", "i5", "i6", "i9", "i10", "i13", "i14", "i17", "i18");
  }

  @Test
  void an_index_refuses_a_key_of_another_type() {
    assertThatThrownBy(
            () ->
                update(
                    "a",
                    "SET obt_shard = :shard, obt_slot = :slot",
                    "",
                    Map.of(
                        ":shard", AttributeValue.fromS("1"), ":slot", AttributeValue.fromS("2"))))
        .isInstanceOfSatisfying(
            DynamoDbException.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException"));
  }

  private TransactWriteItemsRequest appendTwice(String event) {
    var items = new ArrayList<TransactWriteItem>();
    for (String id : List.of("a", "b")) {
      items.add(
          TransactWriteItem.builder()
              .update(
                  u ->
                      u.tableName(table.name)
                          .key(TestTable.key(id))
                          .updateExpression(
                              "SET l = list_append(if_not_exists(l, :none), :new) ADD n :one")
                          .conditionExpression("attribute_not_exists(closed)")
                          .returnValuesOnConditionCheckFailure(
                              ReturnValuesOnConditionCheckFailure.ALL_OLD)
                          .expressionAttributeValues(
                              Map.of(
                                  ":none", AttributeValue.fromL(List.of()),
                                  ":new", list(event),
                                  ":one", AttributeValue.fromN("1"))))
              .build());
    }
    return TransactWriteItemsRequest.builder()
        .transactItems(items)
        .clientRequestToken(token(event))
        .build();
  }

  private String token(String event) {
    return UUID.nameUUIDFromBytes((table.name + event).getBytes(UTF_8)).toString();
  }

  @Test
  void a_transaction_is_done_once_however_often_it_comes_with_its_token() {
    table.client.transactWriteItems(appendTwice("e0"));
    update("a", "REMOVE l", "", Map.of());
    table.client.transactWriteItems(appendTwice("e0"));
    assertThat(table.item("a")).doesNotContainKey("l");
    assertThat(table.item("a").get("n").n()).isEqualTo("1");
    assertThat(ids(table.item("b"))).containsExactly("e0");
    var another = appendTwice("e1").toBuilder().clientRequestToken(token("e0")).build();
    assertThatThrownBy(() -> table.client.transactWriteItems(another))
        .isInstanceOf(IdempotentParameterMismatchException.class);
  }

  @Test
  void a_transaction_writes_all_or_nothing_and_names_the_condition_that_failed() {
    append("a", "before");
    update("b", "SET closed = :yes", "", Map.of(":yes", AttributeValue.fromBool(true)));
    assertThatThrownBy(() -> table.client.transactWriteItems(appendTwice("e0")))
        .isInstanceOfSatisfying(
            TransactionCanceledException.class,
            e -> {
              assertThat(e.cancellationReasons())
                  .extracting(CancellationReason::code)
                  .containsExactly("None", "ConditionalCheckFailed");
              assertThat(e.cancellationReasons().get(1).item()).containsKey("closed");
            });
    assertThat(ids(table.item("a"))).containsExactly("before");
    update("b", "REMOVE closed", "", Map.of());
    table.client.transactWriteItems(appendTwice("e0"));
    assertThat(ids(table.item("a"))).containsExactly("before", "e0");
  }

  @Test
  void an_item_that_grows_too_large_is_refused_as_invalid() {
    String half = "x".repeat(250 << 10);
    append("a", half);
    assertThatThrownBy(() -> append("a", half))
        .isInstanceOfSatisfying(
            DynamoDbException.class, e -> assertThat(Retryable.tooLarge(e)).isTrue());
  }
}
