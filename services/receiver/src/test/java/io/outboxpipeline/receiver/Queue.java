package io.outboxpipeline.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** A FIFO queue with its dead-letter queue, and what a relay sends to it. */
final class Queue implements AutoCloseable {
  private final EmbeddedSqs sqs = EmbeddedSqs.start(0);
  private final SqsClient client =
      SqsClient.builder()
          .endpointOverride(sqs.endpoint())
          .region(Region.EU_CENTRAL_1)
          .credentialsProvider(AnonymousCredentialsProvider.create())
          .build();
  private final String dead = create("dead.fifo", Map.of());
  private final String url =
      create(
          "events.fifo",
          Map.of(
              QueueAttributeName.VISIBILITY_TIMEOUT,
              "60",
              QueueAttributeName.REDRIVE_POLICY,
              "{\"deadLetterTargetArn\":\"" + arn(dead) + "\",\"maxReceiveCount\":2}"));

  private String create(String name, Map<QueueAttributeName, String> more) {
    var all = new HashMap<>(more);
    all.put(QueueAttributeName.FIFO_QUEUE, "true");
    return client.createQueue(r -> r.queueName(name).attributes(all)).queueUrl();
  }

  private String arn(String of) {
    return client
        .getQueueAttributes(r -> r.queueUrl(of).attributeNames(QueueAttributeName.QUEUE_ARN))
        .attributes()
        .getOrDefault(QueueAttributeName.QUEUE_ARN, "");
  }

  SqsClient client() {
    return client;
  }

  static Event event(String order, long sequence, String type) {
    return new Event(
        UUID.nameUUIDFromBytes((order + sequence).getBytes(UTF_8)),
        new Aggregate("order", order),
        sequence,
        type,
        Instant.now(),
        Event.JSON,
        "{}".getBytes(UTF_8),
        Map.of());
  }

  /** With the event's id for SQS's own look for duplicates, as a relay does. */
  void send(Event event) {
    client.sendMessage(
        r ->
            r.queueUrl(url)
                .messageBody(CloudEventsCodec.encode(event, URI.create("/outbox/test"), 1))
                .messageGroupId(event.aggregate().id())
                .messageDeduplicationId(event.id().toString()));
  }

  int held() {
    return held(url);
  }

  int deadLetters() {
    return held(dead);
  }

  private int held(String in) {
    return client
        .getQueueAttributes(
            r ->
                r.queueUrl(in)
                    .attributeNames(
                        List.of(
                            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE)))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  @Override
  public void close() {
    client.close();
    sqs.close();
  }
}
