package io.outboxpipeline.relay.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** Whether a message of a standard queue says of which aggregate it is. */
final class FairQueueIT {

  @Test
  void a_message_names_its_aggregate_where_that_is_wanted() {
    assertThat(groupOf(false)).isNull();
    assertThat(groupOf(true)).isEqualTo("type/id");
  }

  private static StoredEvent event() {
    var aggregate = new Aggregate("type", "id");
    return new StoredEvent(0, 1, 1, aggregate, 1, "event", "made", Instant.EPOCH, "{}", 2, null);
  }

  private static @Nullable String groupOf(boolean fair) {
    var message = new Message(new Aggregate("type", "id"), List.of(event()), 0, 1, 2);
    Arrival arrival = Arrival.of(message, fair, false, MessageSystemAttributeName.MESSAGE_GROUP_ID);
    assertThat(arrival.sent()).isInstanceOf(SendResult.Answered.class).asString().contains("Sent");
    return arrival.attribute();
  }
}
