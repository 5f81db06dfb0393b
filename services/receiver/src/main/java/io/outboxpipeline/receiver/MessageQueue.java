package io.outboxpipeline.receiver;

import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** The queue and its dead-letter queue, FIFO or standard. Thread-safe. */
final class MessageQueue {
  /** The most that SQS gives, and takes, at once. */
  static final int MAX_MESSAGES = 10;

  private static final System.Logger LOG = System.getLogger(MessageQueue.class.getName());
  private static final int GATHERED_MESSAGES = 50;
  private static final int GATHERED_LENGTH = 128 * 1024;
  private static final int MAX_ATTRIBUTES = 10;

  private final SqsClient client;
  private final String queue;
  private final Optional<String> deadLetterQueue;
  private final Duration wait;
  private final QueueFacts facts;
  private final FewReceives fewReceives = new FewReceives();
  private volatile String toldAboutDeadLetters = "";

  /**
   * What the queue's attributes say.
   *
   * @param visibility how long a received message is hidden from others
   * @param deadLetterUrl where unreadable messages go
   * @param readAt by the nano clock
   */
  record Facts(String url, Duration visibility, Optional<String> deadLetterUrl, long readAt) {

    static boolean fifo(String url) {
      return url.endsWith(".fifo");
    }
  }

  /**
   * @param queue a name or URL
   * @param deadLetterQueue a name or URL; if empty, the redrive policy says which
   * @param wait how long an empty receive is held open
   */
  MessageQueue(
      SqsClient client,
      String queue,
      Optional<String> deadLetterQueue,
      Duration wait,
      ThreadFactory threads) {
    this.client = client;
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.wait = wait;
    this.facts = new QueueFacts(this::read, threads);
  }

  private String url(String nameOrUrl) {
    return nameOrUrl.startsWith("http://") || nameOrUrl.startsWith("https://")
        ? nameOrUrl
        : client.getQueueUrl(r -> r.queueName(nameOrUrl)).queueUrl();
  }

  /**
   * What was known last of the queue.
   *
   * @throws SdkException if nothing is known yet and it can't be found or asked
   */
  Facts facts() {
    return facts.get();
  }

  /**
   * The same, asked for anew if a request has failed since.
   *
   * @throws SdkException if it can't be found or asked
   */
  Facts confirmedFacts() {
    return facts.confirmed();
  }

  /** A request to the queue has failed. */
  void doubt() {
    facts.doubt();
  }

  private Facts read() {
    long now = System.nanoTime();
    String url = url(queue);
    var attributes =
        client
            .getQueueAttributes(
                r ->
                    r.queueUrl(url)
                        .attributeNames(
                            QueueAttributeName.VISIBILITY_TIMEOUT,
                            QueueAttributeName.REDRIVE_POLICY))
            .attributes();
    Duration visibility =
        Duration.ofSeconds(
            Long.parseLong(attributes.getOrDefault(QueueAttributeName.VISIBILITY_TIMEOUT, "30")));
    String policy = attributes.get(QueueAttributeName.REDRIVE_POLICY);
    fewReceives.look(policy);
    return new Facts(url, visibility, deadLetterUrl(policy), now);
  }

  /**
   * What can't be found only matters for what is not readable: the rest is received all the same.
   */
  private Optional<String> deadLetterUrl(@Nullable String redrivePolicy) {
    try {
      Optional<String> url =
          deadLetterQueue
              .map(this::url)
              .or(() -> RedrivePolicy.target(redrivePolicy).map(target -> target.url(client)));
      toldAboutDeadLetters = "";
      return url;
    } catch (AwsServiceException e) {
      if (e.statusCode() >= 500) {
        throw e;
      }
      String trouble = String.valueOf(e.getMessage());
      if (!trouble.equals(toldAboutDeadLetters)) {
        toldAboutDeadLetters = trouble;
        LOG.log(
            WARNING,
            "the dead-letter queue cannot be found, so what is not readable will stay in the queue: {0}",
            trouble);
      }
      return Optional.empty();
    }
  }

  /**
   * One receive of a FIFO queue. If its answer is lost, the same attempt gets the same messages
   * again, which are hidden from every other one. Not thread-safe: each loop has its own.
   */
  static final class Attempt {
    private String id = UUID.randomUUID().toString();

    private void succeeded() {
      id = UUID.randomUUID().toString();
    }
  }

  /**
   * Waits for messages, and takes more that are there already, for one transaction costs the same
   * for many as for few.
   *
   * @throws SdkException if SQS refuses or is away; the same attempt is then to be made again
   */
  List<Message> receive(Attempt attempt) {
    List<Message> all = new ArrayList<>(receive(wait, attempt));
    int last = all.size();
    while (last == MAX_MESSAGES
        && all.size() < GATHERED_MESSAGES
        && length(all) < GATHERED_LENGTH) {
      try {
        List<Message> more = receive(Duration.ZERO, attempt);
        all.addAll(more);
        last = more.size();
      } catch (SdkException e) {
        // The next receive finds out; what is in hand must not wait for it.
        return all;
      }
    }
    return all;
  }

  private static long length(List<Message> messages) {
    return messages.stream().mapToLong(message -> message.body().length()).sum();
  }

  private List<Message> receive(Duration wait, Attempt attempt) {
    String url = facts().url();
    List<Message> messages =
        client
            .receiveMessage(
                r -> {
                  r.queueUrl(url)
                      .maxNumberOfMessages(MAX_MESSAGES)
                      .waitTimeSeconds((int) wait.toSeconds())
                      .messageAttributeNames("All")
                      .messageSystemAttributeNames(MessageSystemAttributeName.MESSAGE_GROUP_ID);
                  if (Facts.fifo(url)) {
                    r.receiveRequestAttemptId(attempt.id);
                  }
                })
            .messages();
    attempt.succeeded();
    return messages;
  }

  /**
   * Acknowledges messages. One that this fails for is delivered again, as a duplicate.
   *
   * @return how many could not be deleted
   */
  int delete(List<Message> messages) {
    return inBatches(
        "delete",
        messages,
        batch ->
            client
                .deleteMessageBatch(
                    r ->
                        r.queueUrl(facts().url())
                            .entries(
                                entries(
                                    batch,
                                    (id, m) ->
                                        DeleteMessageBatchRequestEntry.builder()
                                            .id(id)
                                            .receiptHandle(m.receiptHandle())
                                            .build())))
                .failed());
  }

  /**
   * Hides messages from others for another whole visibility time-out from now on.
   *
   * @return for how many of them that failed
   */
  int extendVisibility(List<Message> messages) {
    Facts now = facts();
    return inBatches(
        "extend the visibility of",
        messages,
        batch ->
            client
                .changeMessageVisibilityBatch(
                    r ->
                        r.queueUrl(now.url())
                            .entries(
                                entries(
                                    batch,
                                    (id, m) ->
                                        ChangeMessageVisibilityBatchRequestEntry.builder()
                                            .id(id)
                                            .receiptHandle(m.receiptHandle())
                                            .visibilityTimeout((int) now.visibility().toSeconds())
                                            .build())))
                .failed());
  }

  /**
   * Puts a part of a message into the dead-letter queue, as a message of its own, with the reason
   * as an attribute.
   *
   * @param part which one; the same part that comes again is one there
   * @param body the part, or the whole body
   * @return whether there is a dead-letter queue
   * @throws SdkException if SQS refuses or is away
   */
  boolean deadLetter(Message message, int part, String body, String reason) {
    Optional<String> url = facts().deadLetterUrl();
    url.ifPresent(target -> send(message, part, body, reason, target));
    return url.isPresent();
  }

  private void send(Message message, int part, String body, String reason, String target) {
    Map<String, MessageAttributeValue> attributes = new HashMap<>();
    message.messageAttributes().entrySet().stream()
        .limit(MAX_ATTRIBUTES - 1)
        .forEach(e -> attributes.put(e.getKey(), e.getValue()));
    attributes.put(
        "reason",
        MessageAttributeValue.builder()
            .dataType("String")
            .stringValue(ReasonText.of(reason))
            .build());
    client.sendMessage(
        r -> {
          r.queueUrl(target).messageBody(body).messageAttributes(attributes);
          if (Facts.fifo(target)) {
            // The same message that comes again, for it could not be deleted, is one there.
            r.messageDeduplicationId(
                    part == 0 ? message.messageId() : message.messageId() + "-" + part)
                .messageGroupId(
                    message
                        .attributes()
                        .getOrDefault(
                            MessageSystemAttributeName.MESSAGE_GROUP_ID, message.messageId()));
          }
        });
  }

  private interface Entry<T> {
    T of(String id, Message message);
  }

  private static <T> List<T> entries(List<Message> batch, Entry<T> entry) {
    return IntStream.range(0, batch.size())
        .mapToObj(i -> entry.of(Integer.toString(i), batch.get(i)))
        .toList();
  }

  private static int inBatches(
      String what,
      List<Message> messages,
      Function<List<Message>, List<BatchResultErrorEntry>> request) {
    int failed = 0;
    for (int from = 0; from < messages.size(); from += MAX_MESSAGES) {
      List<Message> batch = messages.subList(from, Math.min(messages.size(), from + MAX_MESSAGES));
      try {
        List<BatchResultErrorEntry> errors = new ArrayList<>(request.apply(batch));
        failed += errors.size();
        if (!errors.isEmpty()) {
          LOG.log(
              WARNING,
              "could not {0} {1} of {2} messages: {3}",
              what,
              errors.size(),
              batch.size(),
              errors.stream()
                  .map(BatchResultErrorEntry::code)
                  .distinct()
                  .collect(Collectors.joining(", ")));
        }
      } catch (SdkException e) {
        failed += batch.size();
        LOG.log(WARNING, "could not {0} {1} messages: {2}", what, batch.size(), e.getMessage());
      }
    }
    return failed;
  }
}
