package io.outboxpipeline.consumer;

import io.outboxpipeline.runtime.SqsSettings;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import java.io.StringReader;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * About how many messages are in the queue and in its dead-letter queue, as SQS says. It is asked
 * at most once in two seconds, however many look. Thread-safe.
 */
final class QueueDepth {
  private static final Duration KEPT = Duration.ofSeconds(2);
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final SqsClient client;
  private final SqsSettings settings;
  private @Nullable JsonObject known;
  private long readAt;

  QueueDepth(SqsClient client, SqsSettings settings) {
    this.client = client;
    this.settings = settings;
  }

  /**
   * Counts of messages; without those of dead letters where the consumer may not ask for them.
   *
   * @throws software.amazon.awssdk.core.exception.SdkException if SQS refuses or is away
   */
  synchronized JsonObject json() {
    JsonObject last = known;
    if (last == null || System.nanoTime() - readAt >= KEPT.toNanos()) {
      last = read();
      known = last;
      readAt = System.nanoTime();
    }
    return last;
  }

  /** The queue's name or URL. */
  String queue() {
    return settings.queue();
  }

  /** The URL of the dead-letter queue, if there is one. */
  Optional<String> deadLetterUrl() {
    return deadLetterQueue(attributes(SqsSettings.url(client, settings.queue())))
        .map(named -> SqsSettings.url(client, named));
  }

  /** About how many messages a queue has now, those in flight too. */
  long messages(String url) {
    return messages(attributes(url));
  }

  /** How long a queue keeps a message, if the server tells. */
  Optional<Duration> retention(String url) {
    long seconds = count(attributes(url), QueueAttributeName.MESSAGE_RETENTION_PERIOD);
    return seconds > 0 ? Optional.of(Duration.ofSeconds(seconds)) : Optional.empty();
  }

  private static long messages(Map<QueueAttributeName, String> all) {
    return count(all, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES)
        + count(all, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE);
  }

  private JsonObject read() {
    String url = SqsSettings.url(client, settings.queue());
    Map<QueueAttributeName, String> queue = attributes(url);
    JsonObjectBuilder json =
        JSON.createObjectBuilder()
            .add("queue", name(url))
            .add("visible", count(queue, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES))
            .add(
                "inFlight",
                count(queue, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE));
    deadLetterQueue(queue).ifPresent(named -> deadLetters(named, json));
    return json.build();
  }

  /** The one that is set, else that of the redrive policy, by name or URL. */
  private Optional<String> deadLetterQueue(Map<QueueAttributeName, String> queue) {
    String policy = queue.getOrDefault(QueueAttributeName.REDRIVE_POLICY, "");
    return settings
        .deadLetterQueue()
        .or(() -> policy.isEmpty() ? Optional.empty() : Optional.of(target(policy)));
  }

  private static String target(String policy) {
    try (var reader = JSON.createReader(new StringReader(policy))) {
      String arn = reader.readObject().getString("deadLetterTargetArn", "");
      return arn.substring(arn.lastIndexOf(':') + 1);
    } catch (JsonException e) {
      return "";
    }
  }

  private void deadLetters(String named, JsonObjectBuilder json) {
    json.add("deadLetterQueue", name(named));
    try {
      Map<QueueAttributeName, String> all = attributes(SqsSettings.url(client, named));
      json.add("deadLetters", messages(all));
      json.add("retentionSeconds", count(all, QueueAttributeName.MESSAGE_RETENTION_PERIOD));
    } catch (AwsServiceException e) {
      if (e.statusCode() >= 500) {
        throw e;
      }
      json.add("deadLettersTrouble", "The consumer may not ask for this queue's attributes.");
    }
  }

  private Map<QueueAttributeName, String> attributes(String url) {
    return client
        .getQueueAttributes(
            r ->
                r.queueUrl(url)
                    .attributeNames(
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
                        QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE,
                        QueueAttributeName.MESSAGE_RETENTION_PERIOD,
                        QueueAttributeName.REDRIVE_POLICY))
        .attributes();
  }

  private static long count(Map<QueueAttributeName, String> all, QueueAttributeName name) {
    return Long.parseLong(all.getOrDefault(name, "0"));
  }

  private static String name(String url) {
    return url.substring(url.lastIndexOf('/') + 1);
  }
}
