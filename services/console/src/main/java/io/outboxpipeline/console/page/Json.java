package io.outboxpipeline.console.page;

import io.outboxpipeline.console.model.AggregateView;
import io.outboxpipeline.console.model.Decisions;
import io.outboxpipeline.console.model.EventPlace;
import io.outboxpipeline.console.model.Flow;
import io.outboxpipeline.console.model.Job;
import io.outboxpipeline.console.model.Problem;
import io.outboxpipeline.console.model.Problems;
import io.outboxpipeline.console.model.SlotMap;
import io.outboxpipeline.console.model.Snapshot;
import io.outboxpipeline.console.model.Trouble;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The model as JSON. Numbers and epochs of events are texts, because browsers round. */
final class Json {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private Json() {}

  static JsonObject flow(Flow flow) {
    return object()
        .add("at", flow.at().toString())
        .add("stations", array(flow.stations(), Json::station))
        .add("troubles", troubles(flow.troubles()))
        .build();
  }

  private static JsonObject station(Flow.Station station) {
    var figures = object();
    station
        .figures()
        .forEach(f -> f.value().ifPresent(value -> figures.add(f.measure().code(), value)));
    return object()
        .add("place", station.place().code())
        .add("asked", station.asked())
        .add("answering", station.answering())
        .add("figures", figures)
        .build();
  }

  static JsonObject slots(SlotMap map) {
    return object()
        .add("partitions", array(map.partitions(), Json::partition))
        .add("members", array(map.members(), Json::member))
        .add("repartitioning", map.repartitioning())
        .add("troubles", troubles(map.troubles()))
        .build();
  }

  private static JsonObject partition(SlotMap.Partition p) {
    var json =
        object()
            .add("partition", p.number())
            .add("firstSlot", p.firstSlot())
            .add("lastSlot", p.lastSlot())
            .add("state", p.state().name().toLowerCase(Locale.ROOT))
            .add("epoch", p.epoch());
    p.owner().ifPresent(o -> json.add("owner", o));
    p.target().ifPresent(t -> json.add("target", t));
    return json.build();
  }

  private static JsonObject member(SlotMap.Member m) {
    var report = object();
    m.report().forEach(report::add);
    return object()
        .add("member", m.name())
        .add("alive", m.alive())
        .add("state", m.state())
        .add("owned", m.owned())
        .add("heartbeatAgeMillis", m.heartbeatAgeMillis())
        .add("report", report)
        .build();
  }

  static JsonObject problems(Problems all, List<Problem> shown) {
    var json =
        object()
            .add("items", array(shown, Json::problem))
            .add("groups", array(Problems.groups(shown), Json::group))
            .add("capped", all.capped())
            .add("troubles", troubles(all.troubles()));
    all.deadLetters()
        .ifPresent(
            count ->
                json.add(
                    "deadLetters",
                    object().add("queue", all.deadLetterQueue()).add("approximately", count)));
    return json.build();
  }

  private static JsonObject group(Problems.Group g) {
    return object()
        .add("category", g.category().code())
        .add("reason", g.reason())
        .add("count", g.count())
        .add("waiting", g.waiting())
        .add("since", g.since().toString())
        .add("ageSeconds", g.ageSeconds())
        .build();
  }

  private static JsonObject problem(Problem p) {
    var actions = JSON.createArrayBuilder();
    p.category().actions().forEach(a -> actions.add(a.code()));
    return object()
        .add("key", p.key())
        .add("category", p.category().code())
        .add("source", p.source())
        .add("aggregateType", p.aggregateType())
        .add("aggregateId", p.aggregateId())
        .add("sequence", p.sequence())
        .add("eventId", p.eventId())
        .add("eventType", p.eventType())
        .add("reason", p.reason())
        .add("since", p.since().toString())
        .add("ageSeconds", p.ageSeconds())
        .add("waiting", p.waiting())
        .add("actions", actions)
        .build();
  }

  static JsonObject aggregate(AggregateView a) {
    return aggregateFields(a).build();
  }

  private static JsonObjectBuilder aggregateFields(AggregateView a) {
    var json =
        object()
            .add("aggregateType", a.type())
            .add("aggregateId", a.id())
            .add(
                "waiting",
                array(
                    a.waiting(),
                    w ->
                        object()
                            .add("eventId", w.eventId())
                            .add("sequence", w.sequence())
                            .add("eventType", w.eventType())
                            .add("committedAt", w.committedAt())
                            .build()))
            .add("chains", array(a.chains(), Json::chain))
            .add(
                "applied",
                array(
                    a.applied(),
                    e ->
                        object()
                            .add("eventId", e.eventId())
                            .add("sequence", e.sequence())
                            .add("appliedAt", e.appliedAt())
                            .build()))
            .add("problems", array(a.problems(), Json::problem))
            .add("troubles", troubles(a.troubles()));
    a.slot().ifPresent(slot -> json.add("slot", slot));
    return json;
  }

  private static JsonObject chain(AggregateView.ChainView c) {
    return object()
        .add("source", c.source())
        .add("last", c.last())
        .add("standstill", c.standstill())
        .add(
            "kept",
            array(
                c.kept(),
                k ->
                    object()
                        .add("eventId", k.eventId())
                        .add("sequence", k.sequence())
                        .add("eventType", k.eventType())
                        .add("reason", k.reason())
                        .build()))
        .build();
  }

  static JsonObject event(EventPlace e) {
    var json =
        object()
            .add("eventId", e.eventId())
            .add("place", e.place().code())
            .add("sequence", e.sequence())
            .add("at", e.at())
            .add("reason", e.reason())
            .add("before", e.before());
    e.aggregate().ifPresent(a -> json.add("aggregate", aggregateFields(a)));
    return json.build();
  }

  static JsonObject decisions(Decisions decisions) {
    return object()
        .add(
            "items",
            array(
                decisions.items(),
                d ->
                    object()
                        .add("at", d.at())
                        .add("by", d.by().code())
                        .add("decision", d.decision())
                        .add("about", d.about())
                        .add("token", d.token())
                        .add("address", d.address())
                        .add("why", d.why())
                        .build()))
        .add("troubles", troubles(decisions.troubles()))
        .build();
  }

  static JsonObject snapshot(Snapshot s) {
    return object()
        .add("snapshot", s.id())
        .add("action", s.action().code())
        .add("count", s.items().size())
        .add("mayBeMore", s.later())
        .add("takenAt", s.takenAt().toString())
        .add("items", array(s.items(), Json::problem))
        .build();
  }

  static JsonObject job(Job j) {
    var failures = JSON.createArrayBuilder();
    j.failures().forEach(failures::add);
    return object()
        .add("job", j.id())
        .add("action", j.action().code())
        .add("by", j.by())
        .add("startedAt", j.startedAt().toString())
        .add("state", j.state().name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .add("kept", j.kept())
        .add("total", j.total())
        .add("done", j.done())
        .add("gone", j.gone())
        .add("again", j.again())
        .add("failed", j.failed())
        .add("failures", failures)
        .build();
  }

  static JsonArray troubles(List<Trouble> troubles) {
    return array(
        troubles,
        t ->
            object()
                .add("kind", t.kind().code())
                .add("service", t.service())
                .add("why", t.why())
                .build());
  }

  private static JsonObjectBuilder object() {
    return JSON.createObjectBuilder();
  }

  private static <T> JsonArray array(List<T> items, Function<T, JsonObject> each) {
    JsonArrayBuilder array = JSON.createArrayBuilder();
    items.forEach(i -> array.add(each.apply(i)));
    return array.build();
  }
}
