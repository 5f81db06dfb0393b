package io.outboxpipeline.consumer;

import io.helidon.webserver.http.ServerRequest;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.runtime.Problem.FieldError;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Which dead letters are meant, when looked at as when moved; an empty text means any. A message
 * with several events is meant if one of them is.
 *
 * @param reason a part of it, in any case
 */
record LetterFilter(String reason, String eventType, String aggregateType, String aggregateId) {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  static final LetterFilter ALL = new LetterFilter("", "", "", "");
  private static final Set<String> FIELDS =
      Set.of("reason", "eventType", "aggregateType", "aggregateId");

  /** What a request's query says. */
  static LetterFilter of(ServerRequest req) {
    return new LetterFilter(
        req.query().first("reason").orElse(""),
        req.query().first("eventType").orElse(""),
        req.query().first("aggregateType").orElse(""),
        req.query().first("aggregateId").orElse(""));
  }

  /** What a body's {@code filter} says; it must say something, and nothing unknown. */
  static LetterFilter of(JsonObject body, List<FieldError> errors) {
    JsonObject filter =
        body.get("filter") instanceof JsonObject object ? object : JsonObject.EMPTY_JSON_OBJECT;
    boolean texts = filter.values().stream().allMatch(v -> v instanceof JsonString);
    if (!FIELDS.containsAll(filter.keySet()) || !texts) {
      errors.add(new FieldError("/filter", "may have texts " + String.join(", ", FIELDS)));
      return ALL;
    }
    var read =
        new LetterFilter(
            filter.getString("reason", ""),
            filter.getString("eventType", ""),
            filter.getString("aggregateType", ""),
            filter.getString("aggregateId", ""));
    if (read.all()) {
      errors.add(new FieldError("/filter", "must say something"));
    }
    if (read.reason.length() > 500
        || read.eventType.length() > 255
        || read.aggregateType.length() > 64
        || read.aggregateId.length() > 255) {
      errors.add(new FieldError("/filter", "has a text that is too long"));
    }
    return read;
  }

  /** Whether every message is meant. */
  boolean all() {
    return equals(ALL);
  }

  boolean matches(Message message) {
    return DeadLetter.reason(message).toLowerCase(Locale.ROOT).contains(lower(reason))
        && ((eventType + aggregateType + aggregateId).isEmpty()
            || CloudEventsCodec.decodeEach(message.body()).stream()
                .anyMatch(i -> i instanceof Received received && matches(received.event())));
  }

  private boolean matches(Event event) {
    return meant(eventType, event.type())
        && meant(aggregateType, event.aggregate().type())
        && meant(aggregateId, event.aggregate().id());
  }

  private static boolean meant(String wanted, String is) {
    return wanted.isEmpty() || wanted.equals(is);
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  JsonObject json() {
    var json = JSON.createObjectBuilder();
    if (!reason.isEmpty()) {
      json.add("reason", reason);
    }
    if (!eventType.isEmpty()) {
      json.add("eventType", eventType);
    }
    if (!aggregateType.isEmpty()) {
      json.add("aggregateType", aggregateType);
    }
    if (!aggregateId.isEmpty()) {
      json.add("aggregateId", aggregateId);
    }
    return json.build();
  }
}
