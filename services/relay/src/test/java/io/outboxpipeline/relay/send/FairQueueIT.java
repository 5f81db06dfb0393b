package io.outboxpipeline.relay.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
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
    try (var sqs = EmbeddedSqs.start(0);
        var client =
            SqsClient.builder()
                .endpointOverride(sqs.endpoint())
                .region(Region.of("elasticmq"))
                .credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
                .build()) {
      String url = client.createQueue(r -> r.queueName("standard")).queueUrl();
      var message = new Message(new Aggregate("type", "id"), List.of(event()), 0, 1, 2);
      assertThat(Queue.find(client, "standard", fair, false).send(List.of(message), List.of()))
          .isInstanceOf(SendResult.Answered.class)
          .asString()
          .contains("Sent");
      return client
          .receiveMessage(
              r ->
                  r.queueUrl(url)
                      .messageSystemAttributeNames(MessageSystemAttributeName.MESSAGE_GROUP_ID))
          .messages()
          .getFirst()
          .attributes()
          .get(MessageSystemAttributeName.MESSAGE_GROUP_ID);
    }
  }
}
