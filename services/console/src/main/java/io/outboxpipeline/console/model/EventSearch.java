package io.outboxpipeline.console.model;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Events that relay or consumer found without their aggregate. They look at so many rows and no
 * more, so that a search of a long table ends.
 */
public record EventSearch(List<Found> found, List<Trouble> troubles) {

  public EventSearch {
    found = List.copyOf(found);
    troubles = List.copyOf(troubles);
  }

  /** An event, and whose it is. */
  public record Found(String aggregateType, String aggregateId, String eventId, String sequence) {}

  /** The events of a trace. */
  public static EventSearch ofTrace(Pipeline pipeline, String traceId) {
    return of(pipeline, "traceId=" + Pipeline.encoded(traceId));
  }

  /** The event with this id. */
  static Optional<Found> ofEvent(Pipeline pipeline, String eventId) {
    return of(pipeline, "eventId=" + Pipeline.encoded(eventId)).found.stream().findFirst();
  }

  private static EventSearch of(Pipeline pipeline, String query) {
    Set<Found> found = new LinkedHashSet<>();
    List<Trouble> troubles = new ArrayList<>();
    for (Kind kind : List.of(Kind.RELAY, Kind.CONSUMER)) {
      Asked asked = pipeline.askOne(kind, "/admin/find?" + query);
      asked.list("items").forEach(i -> found.add(found(i)));
      troubles.addAll(asked.troubles());
    }
    return new EventSearch(List.copyOf(found), troubles);
  }

  private static Found found(JsonObject i) {
    return new Found(
        text(i, "aggregateType"), text(i, "aggregateId"), text(i, "eventId"), text(i, "sequence"));
  }

  private static String text(JsonObject i, String field) {
    return i.get(field) instanceof JsonString s ? s.getString() : "";
  }
}
