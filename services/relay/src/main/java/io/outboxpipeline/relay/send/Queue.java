package io.outboxpipeline.relay.send;

import io.outboxpipeline.relay.backlog.Limits;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.send.SendResult.Answered;
import io.outboxpipeline.relay.send.SendResult.Entry;
import io.outboxpipeline.relay.send.SendResult.Failed;
import io.outboxpipeline.relay.send.SendResult.Refused;
import io.outboxpipeline.runtime.SqsSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeNameForSends;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;

/** The queue that messages go to: FIFO or standard, by its name. Thread-safe. */
public final class Queue {

  /** What SQS takes as one request, whatever the queue's own limit of a message is. */
  private static final int REQUEST_BYTES = 1 << 20;

  /** Queues of before SQS took 1 MiB have this limit, and their servers take no larger request. */
  private static final int OLD_LIMIT = 256 << 10;

  private static final String CONTENT_TYPE = "content-type";
  private static final String SINGLE = "application/cloudevents+json; charset=UTF-8";
  private static final String PACKED = "application/cloudevents-batch+json; charset=UTF-8";
  private static final int ATTRIBUTE_BYTES =
      CONTENT_TYPE.length() + "String".length() + PACKED.length();

  private static final String TRACE = "traceparent";
  private static final int TRACE_BYTES = TRACE.length() + "String".length() + 55;

  /** Errors that the content of a message or request causes, and nothing else. */
  private static final Set<String> MESSAGE_FAULTS =
      Set.of(
          "InvalidMessageContents",
          "InvalidParameterValue",
          "InvalidAttributeValue",
          "BatchRequestTooLong",
          "MessageTooLong");

  private final SqsClient client;
  private final String url;
  private final boolean fifo;
  private final boolean grouped;
  private final boolean xray;
  private volatile Limits.Request limits;

  private Queue(SqsClient client, String url, int messageBytes, boolean fair, boolean xray) {
    this.client = client;
    this.url = url;
    this.fifo = url.endsWith(".fifo");
    this.grouped = fifo || fair;
    this.xray = xray;
    this.limits = limits(messageBytes);
  }

  private static Limits.Request limits(int messageBytes) {
    int requestBytes = messageBytes <= OLD_LIMIT ? OLD_LIMIT : REQUEST_BYTES;
    return new Limits.Request(10, messageBytes, requestBytes, ATTRIBUTE_BYTES);
  }

  /**
   * Finds a queue and asks for its limit of a message's size.
   *
   * @param fair whether SQS is told the aggregate on a standard queue, too, so that one with many
   *     messages does not hold up the others there (a fair queue)
   * @param xray whether messages carry their events' trace in X-Ray's form, too
   * @throws SdkException if there is no such queue, or SQS can't be asked
   */
  public static Queue find(SqsClient client, String nameOrUrl, boolean fair, boolean xray) {
    String url = SqsSettings.url(client, nameOrUrl);
    return new Queue(client, url, maxBytes(client, url), fair, xray);
  }

  private static int maxBytes(SqsClient client, String url) {
    String max =
        client
            .getQueueAttributes(
                r -> r.queueUrl(url).attributeNames(QueueAttributeName.MAXIMUM_MESSAGE_SIZE))
            .attributes()
            .get(QueueAttributeName.MAXIMUM_MESSAGE_SIZE);
    return max == null ? OLD_LIMIT : Integer.parseInt(max);
  }

  String url() {
    return url;
  }

  Limits.Request limits() {
    return limits;
  }

  /** Whether the queue is there and SQS answers; if so its limits are known anew. */
  boolean answers() {
    try {
      limits = limits(maxBytes(client, url));
      return true;
    } catch (SdkException e) {
      return false;
    }
  }

  /**
   * Sends messages of different aggregates in one request; one attempt, no retry.
   *
   * @param traces a {@code traceparent} for each message, or none at all; left out where it would
   *     make a message or the request too large
   */
  SendResult send(List<Message> messages, List<String> traces) {
    boolean traced = !traces.isEmpty() && fitsTraced(messages);
    List<SendMessageBatchRequestEntry> entries = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      entries.add(entry(i, messages.get(i), traced ? traces.get(i) : null));
    }
    try {
      var response = client.sendMessageBatch(r -> r.queueUrl(url).entries(entries));
      Entry[] results = new Entry[messages.size()];
      response
          .successful()
          .forEach(ok -> results[Integer.parseInt(ok.id())] = new Entry.Sent(ok.messageId()));
      response.failed().forEach(e -> results[Integer.parseInt(e.id())] = result(e));
      for (int i = 0; i < results.length; i++) {
        if (results[i] == null) {
          results[i] = new Entry.Failed("SQS's answer does not mention the message");
        }
      }
      return new Answered(List.of(results));
    } catch (AwsServiceException e) {
      String code = e.awsErrorDetails() == null ? "" : e.awsErrorDetails().errorCode();
      return e.statusCode() == 400 && messageFault(code)
          ? new Refused(reason(code, e.getMessage()))
          : new Failed(reason(code, e.getMessage()));
    } catch (SdkException e) {
      return new Failed(reason(e.getClass().getSimpleName(), e.getMessage()));
    }
  }

  private boolean fitsTraced(List<Message> messages) {
    Limits.Request now = limits;
    int more = ATTRIBUTE_BYTES + TRACE_BYTES;
    return messages.stream().allMatch(m -> m.bytes() + more <= now.messageBytes())
        && messages.stream().mapToLong(m -> m.bytes() + more).sum() <= now.requestBytes();
  }

  private SendMessageBatchRequestEntry entry(int id, Message message, @Nullable String trace) {
    var type = text(message.events().size() == 1 ? SINGLE : PACKED);
    var entry =
        SendMessageBatchRequestEntry.builder()
            .id(Integer.toString(id))
            .messageBody(message.body())
            .messageAttributes(
                trace == null
                    ? Map.of(CONTENT_TYPE, type)
                    : Map.of(CONTENT_TYPE, type, TRACE, text(trace)));
    if (xray) {
      // A system attribute: it counts neither among the ten nor towards the message's size.
      XRay.header(message)
          .ifPresent(
              header ->
                  entry.messageSystemAttributes(
                      Map.of(
                          MessageSystemAttributeNameForSends.AWS_TRACE_HEADER,
                          MessageSystemAttributeValue.builder()
                              .dataType("String")
                              .stringValue(header)
                              .build())));
    }
    if (grouped) {
      entry.messageGroupId(MessageGroup.of(message.aggregate()));
    }
    if (fifo) {
      entry.messageDeduplicationId(Deduplication.id(message));
    }
    return entry.build();
  }

  private static MessageAttributeValue text(String value) {
    return MessageAttributeValue.builder().dataType("String").stringValue(value).build();
  }

  private static Entry result(BatchResultErrorEntry error) {
    String reason = reason(error.code(), error.message());
    return Boolean.TRUE.equals(error.senderFault()) && messageFault(error.code())
        ? new Entry.Refused(reason)
        : new Entry.Failed(reason);
  }

  /** Codes come with and without the prefix of the older protocol. */
  private static boolean messageFault(String code) {
    return MESSAGE_FAULTS.contains(code.substring(code.lastIndexOf('.') + 1));
  }

  private static String reason(String code, @Nullable String message) {
    return message == null ? code : code + ": " + message;
  }
}
