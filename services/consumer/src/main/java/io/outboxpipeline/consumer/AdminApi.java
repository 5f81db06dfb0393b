package io.outboxpipeline.consumer;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.inbox.Chain;
import io.outboxpipeline.inbox.Conflicting;
import io.outboxpipeline.inbox.Held;
import io.outboxpipeline.inbox.Waiting;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.receiver.Decisions;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.JsonBody;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * {@code /admin/parked}, {@code /admin/rejected} and {@code /admin/conflicts}: what stands still in
 * the inbox, and how it goes on. Thread-safe.
 */
final class AdminApi implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final System.Logger LOG = System.getLogger(AdminApi.class.getName());

  /** Larger payloads, and those that are no text, are told by their size alone. */
  private static final int MAX_SHOWN_PAYLOAD = 64 * 1024;

  private final Decisions decisions;
  private final InstantSource clock;

  AdminApi(Decisions decisions, InstantSource clock) {
    this.decisions = decisions;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/parked", DatabaseErrors.guard(this::parked))
        .post("/parked/skip", DatabaseErrors.guard(this::skip))
        .get("/rejected", DatabaseErrors.guard(this::rejected))
        .post("/rejected/retry", decision("retried", decisions::retry))
        .post("/rejected/discard", decision("discarded", decisions::discard));
    rules
        .get("/conflicts", DatabaseErrors.guard(this::conflicts))
        .post("/conflicts/apply", settlement("applied", decisions::applyConflict))
        .post("/conflicts/discard", settlement("discarded", decisions::discardConflict));
    Methods.only(rules, "/conflicts", Method.GET);
    Methods.only(rules, "/conflicts/apply", Method.POST);
    Methods.only(rules, "/conflicts/discard", Method.POST);
    Methods.only(rules, "/parked", Method.GET);
    Methods.only(rules, "/rejected", Method.GET);
    Methods.only(rules, "/parked/skip", Method.POST);
    Methods.only(rules, "/rejected/retry", Method.POST);
    Methods.only(rules, "/rejected/discard", Method.POST);
  }

  private void parked(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    List<Waiting> all = decisions.waiting(limit);
    var items = JSON.createArrayBuilder();
    for (Waiting w : all) {
      items.add(
          of(w.chain())
              .add("missing", w.missing())
              .add("count", w.parked())
              .add("since", w.since().toString())
              .add("ageSeconds", age(w.since())));
    }
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void rejected(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    List<Held> all = decisions.rejected(limit);
    var items = JSON.createArrayBuilder();
    for (Held h : all) {
      items.add(of(h.chain(), h.event(), h.reason(), h.since()).add("waiting", h.waiting()));
    }
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void conflicts(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    List<Conflicting> all = decisions.conflicts(limit);
    var items = JSON.createArrayBuilder();
    all.forEach(c -> items.add(of(c.chain(), c.event(), c.reason(), c.since())));
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private JsonObjectBuilder of(Chain chain, Event event, String reason, Instant since) {
    var item =
        of(chain)
            .add("sequence", event.sequence())
            .add("eventId", event.id().toString())
            .add("eventType", event.type())
            .add("time", event.time().toString())
            .add("reason", reason)
            .add("since", since.toString())
            .add("ageSeconds", age(since))
            .add("contentType", event.contentType())
            .add("payloadBytes", event.payload().length);
    if (event.payload().length <= MAX_SHOWN_PAYLOAD) {
      text(event.payload()).ifPresent(text -> item.add("payload", text));
    }
    return item;
  }

  private interface Decision {
    Optional<Decisions.Progress> on(Chain chain, long sequence, Decisions.Note by)
        throws SQLException;
  }

  private Handler decision(String done, Decision decision) {
    return DatabaseErrors.guard(
        (req, res) -> decide(req, JsonBody.read(req), res, "sequence", done, decision));
  }

  private interface Settlement {
    Optional<Decisions.Progress> on(Chain chain, long sequence, UUID eventId, Decisions.Note by)
        throws SQLException;
  }

  /** A conflict has two events with one number, so the event's id says which. */
  private Handler settlement(String done, Settlement settlement) {
    return DatabaseErrors.guard(
        (req, res) -> {
          JsonObject body = JsonBody.read(req);
          UUID eventId = eventId(body);
          decide(
              req,
              body,
              res,
              "sequence",
              done,
              (chain, sequence, by) -> settlement.on(chain, sequence, eventId, by));
        });
  }

  private static UUID eventId(JsonObject body) {
    try {
      if (body.get("eventId") instanceof JsonString text) {
        return UUID.fromString(text.getString());
      }
    } catch (IllegalArgumentException e) {
      LOG.log(DEBUG, "not an event's id", e);
    }
    throw new ProblemException(
        Status.BAD_REQUEST_400,
        "The body has fields that are wrong.",
        List.of(new FieldError("/eventId", "must be a UUID")));
  }

  private void skip(ServerRequest req, ServerResponse res) throws SQLException {
    decide(req, JsonBody.read(req), res, "missing", "skipped", decisions::skip);
  }

  private void decide(
      ServerRequest req,
      JsonObject body,
      ServerResponse res,
      String numberField,
      String done,
      Decision decision)
      throws SQLException {
    AdminCaller by = AdminCaller.of(req);
    var errors = new ArrayList<FieldError>();
    String type = text(body, "aggregateType", true, errors);
    String id = text(body, "aggregateId", true, errors);
    String source = text(body, "source", false, errors);
    long number = 0;
    if (body.get(numberField) instanceof JsonNumber n && n.isIntegral() && n.longValue() > 0) {
      number = n.longValue();
    } else {
      errors.add(new FieldError("/" + numberField, "must be a whole number from 1 on"));
    }
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The body has fields that are wrong.", errors);
    }
    Chain chain = chain(source, type, id);
    long sequence = number;
    Decisions.Progress now =
        decision
            .on(chain, sequence, c -> DecisionTable.keep(c, done, chain, sequence, by))
            .orElseThrow(
                () ->
                    new ProblemException(
                        Status.CONFLICT_409,
                        "The aggregate does not stand still at number "
                            + sequence
                            + " for this reason, or no longer; look again."));
    LOG.log(
        INFO,
        "number {0} of {1} was {2} with the token {3} from {4}; the aggregate is at {5}; because: {6}",
        sequence,
        chain,
        done,
        by.token(),
        by.address(),
        now.last(),
        by.why());
    var json = of(chain).add("last", now.last()).add("applied", now.applied());
    now.rejected()
        .ifPresent(
            r ->
                json.add(
                    "rejected",
                    JSON.createObjectBuilder()
                        .add("sequence", r.event().sequence())
                        .add("reason", r.reason())));
    AdminExchange.send(res, json.build());
  }

  /** The chain that is meant: the source may be left out where only one stands still. */
  private Chain chain(String source, String type, String id) throws SQLException {
    try {
      var aggregate = new Aggregate(type, id);
      if (!source.isEmpty()) {
        return new Chain(source, aggregate);
      }
      List<Chain> found = decisions.standing(aggregate);
      if (found.isEmpty()) {
        throw new ProblemException(
            Status.NOT_FOUND_404, "No such aggregate stands still in this inbox.");
      }
      if (found.size() > 1) {
        throw new ProblemException(
            Status.CONFLICT_409,
            "Aggregates of several sources stand still under this name: give the source.");
      }
      return found.getFirst();
    } catch (IllegalArgumentException e) {
      throw new ProblemException(Status.BAD_REQUEST_400, String.valueOf(e.getMessage()));
    }
  }

  private static String text(
      JsonObject body, String field, boolean required, List<FieldError> errors) {
    if (body.get(field) instanceof JsonString text && !text.getString().isEmpty()) {
      return text.getString();
    }
    if (required || body.containsKey(field)) {
      errors.add(new FieldError("/" + field, "must be a string that is not empty"));
    }
    return "";
  }

  private static Optional<String> text(byte[] payload) {
    try {
      return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private long age(Instant since) {
    return Math.max(0, Duration.between(since, clock.instant()).toSeconds());
  }

  private static JsonObjectBuilder of(Chain chain) {
    return JSON.createObjectBuilder()
        .add("source", chain.source())
        .add("aggregateType", chain.aggregate().type())
        .add("aggregateId", chain.aggregate().id());
  }
}
