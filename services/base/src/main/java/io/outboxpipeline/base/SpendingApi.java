package io.outboxpipeline.base;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.JsonBody;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.QueryParameters;
import io.outboxpipeline.runtime.Tracing;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code /api/v1/spending}, as openapi.yaml describes it. Thread-safe. */
final class SpendingApi implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  static final String PATH = "/api/v1/spending";

  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");
  private static final Pattern KEY =
      Pattern.compile("[\\x21-\\x7e]{1," + IdempotencyKeys.MAX_LENGTH + "}");

  private final Spendings spendings;
  private final MeterRegistry meters;
  private final Tracing tracing;
  private final Counter created;
  private final Counter replayed;

  SpendingApi(Spendings spendings, MeterRegistry meters, Tracing tracing) {
    this.spendings = spendings;
    this.meters = meters;
    this.tracing = tracing;
    this.created =
        Counter.builder("base.spendings.created")
            .description("Spendings written, each with its event")
            .register(meters);
    this.replayed =
        Counter.builder("base.idempotent.replays")
            .description("Requests answered again by their Idempotency-Key")
            .register(meters);
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .post("/", timed("/", this::post))
        .get("/", timed("/", this::list))
        .get("/{id}", timed("/{id}", this::get));
    Methods.only(rules, "/", Method.GET, Method.POST);
    Methods.only(rules, "/{id}", Method.GET);
  }

  private Handler timed(String path, Handler handler) {
    String route = path.equals("/") ? PATH : PATH + path;
    Handler guarded = tracing.traced(route, DatabaseErrors.guard(handler));
    return (req, res) -> {
      Timer.Sample sample = Timer.start(meters);
      res.whenSent(
          () ->
              sample.stop(
                  Timer.builder("base.http.requests")
                      .description("Time to answer")
                      .tag("method", req.prologue().method().text())
                      .tag("path", route)
                      .tag("status", String.valueOf(res.status().code()))
                      .publishPercentileHistogram()
                      .register(meters)));
      guarded.handle(req, res);
    };
  }

  private void post(ServerRequest req, ServerResponse res) throws SQLException {
    Optional<String> key = idempotencyKey(req);
    NewSpending spending = SpendingBody.read(JsonBody.read(req));
    switch (spendings.record(spending, key)) {
      case Recorded.Created(Spending s) -> {
        created.increment();
        sendCreated(res, s);
      }
      case Recorded.Replayed(Spending s) -> {
        replayed.increment();
        sendCreated(res, s);
      }
      case Recorded.KeyTaken() ->
          throw new ProblemException(
              Status.create(422, "Unprocessable Content"),
              "This Idempotency-Key was used for another spending.");
    }
  }

  private void get(ServerRequest req, ServerResponse res) {
    String id = req.path().pathParameters().get("id");
    Spending spending =
        Optional.of(id)
            .filter(text -> NUMBER.matcher(text).matches())
            .map(Long::parseLong)
            .flatMap(spendings::find)
            .orElseThrow(
                () -> new ProblemException(Status.NOT_FOUND_404, "There is no such spending."));
    send(res, spending.json());
  }

  private void list(ServerRequest req, ServerResponse res) {
    var errors = new ArrayList<FieldError>();
    String identity = req.query().first("identity").orElse("");
    int length = identity.codePointCount(0, identity.length());
    if (length < 1 || length > SpendingBody.MAX_IDENTITY) {
      errors.add(
          new FieldError(
              "identity", "must have 1 to " + SpendingBody.MAX_IDENTITY + " characters"));
    }
    int limit = QueryParameters.limit(req, errors);
    long after = QueryParameters.number(req, "after", 0, 0, 999_999_999_999_999_999L, errors);
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The query has parameters that are wrong.", errors);
    }
    // One more than asked for tells whether there is a next page.
    List<Spending> found = spendings.list(identity, after, limit + 1);
    List<Spending> page = found.subList(0, Math.min(limit, found.size()));
    var items = JSON.createArrayBuilder();
    page.forEach(s -> items.add(s.json()));
    var json = JSON.createObjectBuilder().add("items", items);
    if (found.size() > limit) {
      json.add("next", page.getLast().sequence());
    }
    send(res, json.build());
  }

  private static Optional<String> idempotencyKey(ServerRequest req) {
    // Not its parts between commas: a key may have one.
    List<String> keys = req.headers().all(HeaderNames.create("Idempotency-Key"), List::of);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    if (keys.size() > 1 || !KEY.matcher(keys.getFirst()).matches()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400,
          "A header is wrong.",
          List.of(
              new FieldError(
                  "Idempotency-Key",
                  String.format(
                      Locale.ROOT,
                      "must be one text of 1 to %d visible ASCII characters",
                      IdempotencyKeys.MAX_LENGTH))));
    }
    return Optional.of(keys.getFirst());
  }

  private static void sendCreated(ServerResponse res, Spending spending) {
    res.status(Status.CREATED_201).header(HeaderNames.LOCATION, PATH + "/" + spending.id());
    send(res, spending.json());
  }

  private static void send(ServerResponse res, JsonObject json) {
    res.header(HeaderNames.CONTENT_TYPE, "application/json").send(json.toString().getBytes(UTF_8));
  }
}
