package io.outboxpipeline.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outboxpipeline.dynamodb.DynamoOutbox;
import io.outboxpipeline.dynamodb.OutboxAttributes;
import io.outboxpipeline.dynamodb.OutboxTable;
import io.outboxpipeline.dynamodb.RaisedNumbers;
import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.testkit.DynamoDbPeer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Update;

final class RaiseNumbersIT {
  private final String table = "obt-test-" + UUID.randomUUID();

  @Test
  void numbers_as_mysql_writes_them_in_a_batch_are_raised() throws Exception {
    String id = "tab\tline\nback\\slash";
    try (var client = DynamoDbPeer.client()) {
      OutboxTable.create(client, table, OutboxAttributes.INDEX, "pk");
      var key = Map.of("pk", AttributeValue.fromS("a"));
      var outbox = new DynamoOutbox(client);
      assertThat(
              outbox.write(
                  outbox
                      .prepare()
                      .update(
                          Update.builder().tableName(table).key(key).build(),
                          List.of(NewEvent.json(new Aggregate("order", id), "t", "{}")))
                      .build()))
          .isInstanceOf(Written.class);
      var numbers = new RaisedNumbers(client, table);
      var out = new ByteArrayOutputStream();
      int code =
          RaiseNumbers.run(
              numbers,
              lines("order\ttab\\tline\\nback\\\\slash\t42\norder\tgone\t3\n"),
              new PrintStream(out, true, UTF_8));
      assertThat(code).isEqualTo(2);
      assertThat(out.toString(UTF_8))
          .contains("1 raised, 0 had the number, 1 have no item", "no item: order gone is at 3");
      for (String bad : List.of("order\ta", "order\ta\tb", "order\ta\t-1", "")) {
        assertThatThrownBy(() -> RaiseNumbers.run(numbers, lines(bad + "\n"), System.out))
            .as(bad)
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThat(client.getItem(r -> r.tableName(table).key(key)).item().get("obt_seq"))
          .isEqualTo(AttributeValue.fromN("42"));
      client.deleteTable(r -> r.tableName(table));
    }
  }

  private static BufferedReader lines(String text) {
    return new BufferedReader(new StringReader(text));
  }
}
