package io.outboxpipeline.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.dynamodb.WriteOutcome.Written;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.NewEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

final class RaisedNumbersIT {
  private final TestTable table = new TestTable();
  private final DynamoOutbox outbox = new DynamoOutbox(table.client);

  @AfterEach
  void close() {
    table.close();
  }

  private static Aggregate aggregate(String id) {
    return new Aggregate("test", id);
  }

  private void append(String id, int events) {
    for (int n = 0; n < events; n++) {
      var event = NewEvent.json(aggregate(id), "t", "{}");
      assertThat(outbox.write(outbox.prepare().update(table.count(id), List.of(event)).build()))
          .isInstanceOf(Written.class);
    }
  }

  @Test
  void a_restored_table_gives_no_number_out_twice() throws Exception {
    append("behind", 3);
    append("equal", 2);
    append("ahead", 5);
    var backup = new ArrayList<Map<String, AttributeValue>>();
    table.client.scan(r -> r.tableName(table.name)).items().forEach(backup::add);
    append("behind", 4);
    append("made-later", 1);
    // The restore.
    try (var restored = new TestTable()) {
      backup.forEach(item -> restored.client.putItem(r -> r.tableName(restored.name).item(item)));
      var numbers = new RaisedNumbers(restored.client, restored.name);
      var seen =
          Map.of(
              aggregate("behind"), 7L,
              aggregate("equal"), 2L,
              aggregate("ahead"), 4L,
              aggregate("made-later"), 1L);
      var report = numbers.raise(seen);
      assertThat(report.raised()).containsExactly(aggregate("behind"));
      assertThat(report.kept()).containsExactlyInAnyOrder(aggregate("equal"), aggregate("ahead"));
      assertThat(report.missing()).containsExactly(aggregate("made-later"));
      assertThat(restored.item("behind"))
          .containsEntry("obt_seq", AttributeValue.fromN("7"))
          .containsEntry("count", AttributeValue.fromN("3"))
          .doesNotContainKeys("obt_events", "obt_slot", "obt_shard", "obt_since", "obt_bytes");
      assertThat(restored.outbox("ahead").events()).as("number 5 still waits").hasSize(5);
      assertThat(numbers.raise(seen).raised()).as("a second time").isEmpty();

      var again = new DynamoOutbox(restored.client);
      again.write(
          again
              .prepare()
              .update(
                  restored.count("behind"), List.of(NewEvent.json(aggregate("behind"), "t", "{}")))
              .build());
      assertThat(restored.outbox("behind").firstSequence()).isEqualTo(8);
      assertThat(restored.outbox("behind").events()).hasSize(1);
    }
  }
}
