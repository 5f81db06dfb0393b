package io.outboxpipeline.console.model;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.Optional;

/**
 * The payload of an event that stands still at the consumer, as it may be shown.
 *
 * @param text empty if it can't be read as JSON, and so is hidden
 */
public record Payload(Optional<String> text) {

  /** Asks for it; empty if the consumer keeps no such event, or tells no payload. */
  public static Optional<Payload> of(Pipeline pipeline, EventPlace place, Mask mask) {
    String path =
        switch (place.place()) {
          case REJECTED -> "/admin/rejected";
          case CONFLICT -> "/admin/conflicts";
          case OUTBOX, QUARANTINED, PARKED, APPLIED, NOT_FOUND, AGGREGATE_NEEDED -> "";
        };
    if (path.isEmpty()) {
      return Optional.empty();
    }
    return pipeline.askOne(Kind.CONSUMER, path + "?limit=" + Problems.LISTED).list("items").stream()
        .filter(i -> place.eventId().equals(i.getString("eventId", "")))
        .findFirst()
        .flatMap(Payload::text)
        .map(text -> new Payload(mask.shown(text)));
  }

  private static Optional<String> text(JsonObject item) {
    return item.get("payload") instanceof JsonString s
        ? Optional.of(s.getString())
        : Optional.empty();
  }
}
