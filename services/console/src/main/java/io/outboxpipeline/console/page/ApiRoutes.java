package io.outboxpipeline.console.page;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.console.access.User;
import io.outboxpipeline.console.model.Actions.Answered;
import io.outboxpipeline.console.model.AggregateView;
import io.outboxpipeline.console.model.Decisions;
import io.outboxpipeline.console.model.Desk;
import io.outboxpipeline.console.model.Desks;
import io.outboxpipeline.console.model.EventPlace;
import io.outboxpipeline.console.model.EventSearch;
import io.outboxpipeline.console.model.Filter;
import io.outboxpipeline.console.model.Job;
import io.outboxpipeline.console.model.Mask;
import io.outboxpipeline.console.model.Payload;
import io.outboxpipeline.console.model.Problems;
import io.outboxpipeline.console.model.Snapshot;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.JsonBody;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.spi.JsonProvider;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** {@code /api/v1}: what the pages show, as JSON. Thread-safe. */
public final class ApiRoutes implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final Desks desks;
  private final Optional<Mask> payloads;

  /**
   * @param payloads what is hidden of those that operators see; empty if nobody sees any
   */
  public ApiRoutes(Desks desks, Optional<Mask> payloads) {
    this.desks = desks;
    this.payloads = payloads;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/pipelines", this::pipelines)
        .get("/pipelines/{pipeline}/flow", told(d -> Json.flow(d.flow().get())))
        .get("/pipelines/{pipeline}/partitions", told(d -> Json.slots(d.slots().get())))
        .get("/pipelines/{pipeline}/problems", this::problems)
        .get("/pipelines/{pipeline}/aggregate", this::aggregate)
        .get("/pipelines/{pipeline}/event", this::event)
        .get("/pipelines/{pipeline}/trace", this::trace)
        .get(
            "/pipelines/{pipeline}/decisions",
            told(d -> Json.decisions(Decisions.of(d.pipeline()))))
        .post("/pipelines/{pipeline}/dry-runs", this::look)
        .post("/pipelines/{pipeline}/actions", this::act)
        .get("/pipelines/{pipeline}/actions/{job}", this::job)
        .post("/pipelines/{pipeline}/actions/{job}/stop", this::stop);
  }

  private Handler told(Function<Desk, JsonObject> what) {
    return (req, res) -> AdminExchange.send(res, what.apply(Requests.desk(desks, req)));
  }

  private void pipelines(ServerRequest req, ServerResponse res) {
    var items = JSON.createArrayBuilder();
    Requests.names(desks, req).forEach(items::add);
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void problems(ServerRequest req, ServerResponse res) {
    Filter filter = Requests.filter(req.query());
    Problems all = Problems.of(Requests.desk(desks, req).pipeline());
    AdminExchange.send(res, Json.problems(all, all.matching(filter)));
  }

  private void aggregate(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    String type = needed(req, "aggregateType");
    String id = needed(req, "aggregateId");
    AdminExchange.send(res, Json.aggregate(AggregateView.of(desk.pipeline(), type, id)));
  }

  private void event(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    EventPlace place =
        EventPlace.find(
            desk.pipeline(),
            needed(req, "eventId"),
            Requests.value(req.query(), "aggregateType"),
            Requests.value(req.query(), "aggregateId"));
    JsonObject json = Json.event(place);
    Optional<String> payload =
        payloads
            .filter(mask -> Requests.user(desk, req).decides())
            .flatMap(mask -> Payload.of(desk.pipeline(), place, mask))
            .flatMap(Payload::text);
    AdminExchange.send(
        res,
        payload.map(p -> JSON.createObjectBuilder(json).add("payload", p).build()).orElse(json));
  }

  private void trace(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    needed(req, "traceId");
    EventSearch search = EventSearch.ofTrace(desk.pipeline(), Requests.trace(req.query()));
    var items = JSON.createArrayBuilder();
    for (EventSearch.Found f : search.found()) {
      items.add(
          JSON.createObjectBuilder()
              .add("aggregateType", f.aggregateType())
              .add("aggregateId", f.aggregateId())
              .add("eventId", f.eventId())
              .add("sequence", f.sequence()));
    }
    AdminExchange.send(
        res,
        JSON.createObjectBuilder()
            .add("items", items)
            .add("troubles", Json.troubles(search.troubles()))
            .build());
  }

  private static String needed(ServerRequest req, String name) {
    String value = Requests.value(req.query(), name);
    if (value.isEmpty()) {
      throw Requests.wrong(name, "must be given");
    }
    return value;
  }

  private void look(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    Requests.operator(desk, req);
    JsonObject body = JsonBody.read(req);
    Snapshot snapshot = desk.actions().look(Requests.action(text(body, "action")), filterOf(body));
    AdminExchange.send(res, Json.snapshot(snapshot));
  }

  /** The filter of a body; all if it has none. */
  static Filter filterOf(JsonObject body) {
    JsonValue filter = body.getOrDefault("filter", JsonObject.EMPTY_JSON_OBJECT);
    if (!(filter instanceof JsonObject fields)) {
      throw Requests.wrong("/filter", "must be an object");
    }
    return filter(fields);
  }

  /** A filter from JSON; a name that is none of its fields would mean more than was meant. */
  private static Filter filter(JsonObject fields) {
    Set<String> known =
        Set.of("category", "aggregateType", "aggregateId", "eventType", "reason", "keys");
    fields.keySet().stream()
        .filter(f -> !known.contains(f))
        .findFirst()
        .ifPresent(
            f -> {
              throw Requests.wrong("/filter", "has a field that is none");
            });
    Set<String> keys = Set.of();
    if (fields.containsKey("keys")) {
      if (!(fields.get("keys") instanceof JsonArray array) || array.isEmpty()) {
        throw Requests.wrong("/filter/keys", "must be an array of texts that is not empty");
      }
      keys =
          array.stream()
              .map(v -> v instanceof JsonString s ? s.getString() : "")
              .collect(Collectors.toSet());
    }
    return new Filter(
        Requests.category(text(fields, "category")),
        text(fields, "aggregateType"),
        text(fields, "aggregateId"),
        text(fields, "eventType"),
        text(fields, "reason"),
        keys);
  }

  private static String text(JsonObject body, String field) {
    if (!body.containsKey(field)) {
      return "";
    }
    if (body.get(field) instanceof JsonString text) {
      return text.getString();
    }
    throw Requests.wrong("/" + field, "must be a text");
  }

  private void act(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    JsonObject body = JsonBody.read(req);
    String why = Requests.why(user, text(body, "why"));
    int count = body.get("count") instanceof JsonNumber n && n.isIntegral() ? n.intValue() : -1;
    switch (desk.actions().act(text(body, "snapshot"), count, why)) {
      case Answered.Begun(Job job) -> {
        res.status(Status.ACCEPTED_202);
        AdminExchange.send(res, Json.job(job));
      }
      case Answered.NoSnapshot() ->
          throw new ProblemException(Status.CONFLICT_409, Text.SNAPSHOT_GONE.english());
      case Answered.Trouble(String trouble) ->
          throw new ProblemException(
              Status.BAD_GATEWAY_502, trouble + " " + Text.PART_NOT_BEGUN.english());
    }
  }

  private void job(ServerRequest req, ServerResponse res) {
    AdminExchange.send(res, Json.job(job(Requests.desk(desks, req), req)));
  }

  private static Job job(Desk desk, ServerRequest req) {
    return desk.actions()
        .job(req.path().pathParameters().get("job"))
        .orElseThrow(() -> new ProblemException(Status.NOT_FOUND_404, "There is no such action."));
  }

  private void stop(ServerRequest req, ServerResponse res) {
    Desk desk = Requests.desk(desks, req);
    User user = Requests.operator(desk, req);
    String why = Requests.why(user, text(JsonBody.read(req), "why"));
    desk.actions().stop(job(desk, req).id(), why);
    AdminExchange.send(res, Json.job(job(desk, req)));
  }
}
