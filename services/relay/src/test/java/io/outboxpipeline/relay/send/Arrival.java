package io.outboxpipeline.relay.send;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.relay.backlog.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * A message that was sent to a standard queue of its own, and received.
 *
 * @param sent what the sender was told
 * @param attribute of the received message, null if it has none
 */
record Arrival(SendResult sent, @Nullable String attribute) {

  /** Sends and receives it, with fair queues or X-Ray's header where they are wanted. */
  static Arrival of(
      Message message, boolean fair, boolean xray, MessageSystemAttributeName attribute) {
    try (var sqs = EmbeddedSqs.start(0);
        var client =
            SqsClient.builder()
                .endpointOverride(sqs.endpoint())
                .region(Region.of("elasticmq"))
                .credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
                .build()) {
      String url = client.createQueue(r -> r.queueName("standard")).queueUrl();
      SendResult sent =
          Queue.find(client, "standard", fair, xray).send(List.of(message), List.of());
      var received =
          client
              .receiveMessage(r -> r.queueUrl(url).messageSystemAttributeNames(attribute))
              .messages()
              .getFirst();
      return new Arrival(sent, received.attributes().get(attribute));
    }
  }
}
