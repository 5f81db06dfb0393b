package io.outboxpipeline.consumer;

import io.outboxpipeline.runtime.SqsSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * The dead-letter queue: a look at some of its messages, and the way back for one. Thread-safe.
 * What SQS refuses is thrown as an {@link SdkException}.
 */
final class DeadLetterQueue {
  /** Marks a message that a redrive has sent, so that it is known if it comes back. */
  static final String MARK = "redrive";

  static final String REASON = "reason";

  private static final int BATCH = 10;
  private static final int MAX_ATTRIBUTES = 10;

  /** A look hides messages for as long as this at most, if the consumer dies meanwhile. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final SqsClient client;
  private final QueueDepth depth;

  DeadLetterQueue(SqsClient client, QueueDepth depth) {
    this.client = client;
    this.depth = depth;
  }

  /** Its URL, if the queue has one. */
  Optional<String> url() {
    return depth.deadLetterUrl();
  }

  /**
   * Some of its messages, which are visible again when this returns.
   *
   * @param limit how many at most
   */
  List<Message> sample(String url, int limit) {
    List<Message> sample = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    try {
      while (sample.size() < limit) {
        List<Message> some = receive(url, Math.min(BATCH, limit - sample.size()), LOOK);
        some.stream().filter(m -> ids.add(m.messageId())).forEach(sample::add);
        if (some.isEmpty()) {
          break;
        }
      }
    } finally {
      release(url, sample);
    }
    return sample;
  }

  /** Messages, hidden for a while from all others. */
  List<Message> receive(String url, int count, Duration hidden) {
    return client
        .receiveMessage(
            r ->
                r.queueUrl(url)
                    .maxNumberOfMessages(count)
                    .visibilityTimeout((int) hidden.toSeconds())
                    .waitTimeSeconds(0)
                    .messageAttributeNames("All")
                    .messageSystemAttributeNames(MessageSystemAttributeName.ALL))
        .messages();
  }

  /** Makes messages visible again. */
  void release(String url, List<Message> messages) {
    for (int from = 0; from < messages.size(); from += BATCH) {
      List<Message> batch = messages.subList(from, Math.min(messages.size(), from + BATCH));
      client.changeMessageVisibilityBatch(
          r ->
              r.queueUrl(url)
                  .entries(
                      IntStream.range(0, batch.size())
                          .mapToObj(
                              i ->
                                  ChangeMessageVisibilityBatchRequestEntry.builder()
                                      .id(Integer.toString(i))
                                      .receiptHandle(batch.get(i).receiptHandle())
                                      .visibilityTimeout(0)
                                      .build())
                          .toList()));
    }
  }

  /**
   * Sends a message to the queue that it came from and deletes it here, in this order. SQS would
   * take a second send with the first one's deduplication id and drop it, so the id is a new one.
   */
  void back(String url, Message message, String redrive) {
    String target = SqsSettings.url(client, depth.queue());
    Map<String, MessageAttributeValue> attributes = new HashMap<>(message.messageAttributes());
    attributes.remove(REASON);
    if (attributes.size() < MAX_ATTRIBUTES || attributes.containsKey(MARK)) {
      attributes.put(
          MARK, MessageAttributeValue.builder().dataType("String").stringValue(redrive).build());
    }
    String group =
        message
            .attributes()
            .getOrDefault(MessageSystemAttributeName.MESSAGE_GROUP_ID, message.messageId());
    client.sendMessage(
        r -> {
          r.queueUrl(target).messageBody(message.body()).messageAttributes(attributes);
          if (target.endsWith(".fifo")) {
            r.messageGroupId(group).messageDeduplicationId(UUID.randomUUID().toString());
          }
        });
    client.deleteMessage(r -> r.queueUrl(url).receiptHandle(message.receiptHandle()));
  }

  /** About how many messages there are, those that are hidden too. */
  long count(String url) {
    return depth.messages(url);
  }

  /** How long it keeps a message, if the server tells. */
  Optional<Duration> retention(String url) {
    return depth.retention(url);
  }
}
