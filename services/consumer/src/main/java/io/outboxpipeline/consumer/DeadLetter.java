package io.outboxpipeline.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.CloudEventsCodec.Unreadable;
import io.outboxpipeline.outbox.Event;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** What is told of a dead letter: whose it is, why and until when, and nothing of its payload. */
final class DeadLetter {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int EVENTS = 10;

  private DeadLetter() {}

  /**
   * @param retention of its queue, if known. A standard queue counts from the first send, which is
   *     then the time that the message has; a FIFO queue sets that anew when a message is moved
   */
  static JsonObject json(Message message, Optional<Duration> retention) {
    long millis =
        Long.parseLong(
            message.attributes().getOrDefault(MessageSystemAttributeName.SENT_TIMESTAMP, "0"));
    Instant sent = Instant.ofEpochMilli(millis);
    var events = JSON.createArrayBuilder();
    int shown = 0;
    for (var item : CloudEventsCodec.decodeEach(message.body())) {
      if (item instanceof Received received && shown < EVENTS) {
        events.add(event(received.event()));
        shown++;
      }
    }
    var json = JSON.createObjectBuilder();
    retention.ifPresent(r -> json.add("expiresAt", sent.plus(r).toString()));
    return json.add("messageId", message.messageId())
        .add(
            "group",
            message.attributes().getOrDefault(MessageSystemAttributeName.MESSAGE_GROUP_ID, ""))
        .add("reason", reason(message))
        .add(
            "receives",
            message
                .attributes()
                .getOrDefault(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT, ""))
        .add("since", sent.toString())
        .add("bytes", message.body().getBytes(UTF_8).length)
        .add("events", events)
        .build();
  }

  private static JsonObject event(Event event) {
    var json =
        JSON.createObjectBuilder()
            .add("eventId", event.id().toString())
            .add("aggregateType", event.aggregate().type())
            .add("aggregateId", event.aggregate().id())
            .add("sequence", Long.toString(event.sequence()))
            .add("eventType", event.type());
    Traces.id(event.headers()).ifPresent(id -> json.add("traceId", id));
    return json.build();
  }

  /** The consumer's own, else what reading says, else that SQS moved it. */
  static String reason(Message message) {
    return Optional.ofNullable(message.messageAttributes().get(DeadLetterQueue.REASON))
        .map(MessageAttributeValue::stringValue)
        .orElseGet(
            () ->
                CloudEventsCodec.decodeEach(message.body()).stream()
                    .filter(i -> i instanceof Unreadable)
                    .map(i -> ((Unreadable) i).reason())
                    .reduce((first, last) -> last)
                    .orElse("It was received too often without being applied."));
  }
}
