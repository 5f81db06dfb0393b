package io.outboxpipeline.console.page;

import io.outboxpipeline.console.model.DeadLetters;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;

/** Dead letters as JSON. */
final class DeadLetterJson {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private DeadLetterJson() {}

  static JsonObject of(DeadLetters dead) {
    var json = JSON.createObjectBuilder().add("queue", dead.queue());
    dead.count().ifPresent(n -> json.add("approximateCount", n));
    var items = JSON.createArrayBuilder();
    for (DeadLetters.Letter l : dead.letters()) {
      var events = JSON.createArrayBuilder();
      for (DeadLetters.LetterEvent e : l.events()) {
        events.add(
            JSON.createObjectBuilder()
                .add("eventId", e.eventId())
                .add("aggregateType", e.aggregateType())
                .add("aggregateId", e.aggregateId())
                .add("sequence", e.sequence())
                .add("eventType", e.eventType())
                .add("traceId", e.traceId()));
      }
      items.add(
          JSON.createObjectBuilder()
              .add("messageId", l.messageId())
              .add("reason", l.reason())
              .add("receives", l.receives())
              .add("since", l.since())
              .add("expiresAt", l.expiresAt())
              .add("bytes", l.bytes())
              .add("events", events));
    }
    var groups = JSON.createArrayBuilder();
    for (DeadLetters.Group g : dead.groups()) {
      groups.add(
          JSON.createObjectBuilder()
              .add("reason", g.reason())
              .add("count", g.count())
              .add("expiresAt", g.expiresAt()));
    }
    var redrives = JSON.createArrayBuilder();
    for (DeadLetters.Redrive r : dead.redrives()) {
      var filter = JSON.createObjectBuilder();
      r.filter().forEach(filter::add);
      redrives.add(
          JSON.createObjectBuilder()
              .add("id", r.id())
              .add("askedAt", r.askedAt())
              .add("state", r.state())
              .add("total", r.total())
              .add("perSecond", r.perSecond())
              .add("moved", r.moved())
              .add("again", r.again())
              .add("failed", r.failed())
              .add("trouble", r.trouble())
              .add("why", r.why())
              .add("filter", filter));
    }
    return json.add("items", items)
        .add("groups", groups)
        .add("redrives", redrives)
        .add("troubles", Json.troubles(dead.troubles()))
        .build();
  }
}
