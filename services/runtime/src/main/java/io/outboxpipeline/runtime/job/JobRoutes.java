package io.outboxpipeline.runtime.job;

import static java.lang.System.Logger.Level.INFO;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.JsonBody;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.Transactions;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * {@code /admin/jobs}: begins, lists and stops jobs. The same id twice is the same job.
 * Thread-safe.
 */
public final class JobRoutes implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final System.Logger LOG = System.getLogger(JobRoutes.class.getName());
  private static final int LARGEST = 1 << 20;
  private static final int ITEMS = 5_000;
  private static final int DEFAULT_RATE = 20;
  private static final int MAX_RATE = 1_000;
  private static final int NO_SUCH_TABLE = 1146;
  private static final int DENIED = 1142;

  private final Transactions transactions;
  private final JobTable table;
  private final JobStep step;
  private final JobWork work;

  public JobRoutes(Transactions transactions, JobTable table, JobStep step, JobWork work) {
    this.transactions = transactions;
    this.table = table;
    this.step = step;
    this.work = work;
  }

  /**
   * The routes of a service that keeps no jobs: all answer 501.
   *
   * @param why a sentence
   */
  public static HttpService none(String why) {
    return rules -> {
      Handler none =
          (req, res) -> {
            throw new ProblemException(Status.NOT_IMPLEMENTED_501, why);
          };
      rules.any("/jobs", none).any("/jobs/*", none);
    };
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/jobs", guard(this::list))
        .post("/jobs", guard(this::begin))
        .get("/jobs/{job}", guard(this::find))
        .post("/jobs/{job}/stop", guard(this::stop));
    Methods.only(rules, "/jobs", Method.GET, Method.POST);
    Methods.only(rules, "/jobs/{job}", Method.GET);
    Methods.only(rules, "/jobs/{job}/stop", Method.POST);
  }

  /** A database that has not the tables yet, or a user without rights to them, keeps no jobs. */
  private static Handler guard(Handler handler) {
    return DatabaseErrors.guard(
        (req, res) -> {
          try {
            handler.handle(req, res);
          } catch (SQLException e) {
            if (e.getErrorCode() == NO_SUCH_TABLE || e.getErrorCode() == DENIED) {
              throw new ProblemException(
                  Status.NOT_IMPLEMENTED_501,
                  "The database has no tables for jobs yet, or this user has no rights to them.");
            }
            throw e;
          }
        });
  }

  private void list(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.number(req, "limit", 20, 100);
    var items = JSON.createArrayBuilder();
    transactions.run(c -> table.last(c, limit)).forEach(j -> items.add(j.json()));
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void find(ServerRequest req, ServerResponse res) throws SQLException {
    AdminExchange.send(res, job(id(req)).json());
  }

  private Job job(String id) throws SQLException {
    return transactions
        .run(c -> table.find(c, id))
        .orElseThrow(() -> new ProblemException(Status.NOT_FOUND_404, "There is no such job."));
  }

  private void begin(ServerRequest req, ServerResponse res) throws SQLException {
    AdminCaller by = AdminCaller.of(req);
    JsonObject body = JsonBody.read(req, LARGEST);
    var errors = new ArrayList<FieldError>();
    String id = body.get("id") instanceof JsonString text ? uuid(text.getString()).orElse("") : "";
    if (id.isEmpty()) {
      errors.add(new FieldError("/id", "must be a UUID"));
    }
    String action = body.get("action") instanceof JsonString text ? text.getString() : "";
    int perSecond = rate(body, errors);
    List<JobItem> items = items(body, action, errors);
    if (by.why().isBlank()) {
      errors.add(new FieldError("why", "must say why, in the query"));
    }
    AdminExchange.refuse(errors);
    boolean began = transactions.run(c -> table.begin(c, id, action, perSecond, items, by));
    if (began) {
      work.wake();
      LOG.log(
          INFO,
          "job {0} was begun: {1} of {2} events with the token {3} from {4}, because: {5}",
          id,
          action,
          items.size(),
          by.token(),
          by.address(),
          by.why());
    }
    res.status(Status.ACCEPTED_202);
    AdminExchange.send(res, job(id).json());
  }

  private static int rate(JsonObject body, List<FieldError> errors) {
    if (!body.containsKey("perSecond")) {
      return DEFAULT_RATE;
    }
    if (body.get("perSecond") instanceof JsonNumber n
        && n.isIntegral()
        && n.longValue() >= 1
        && n.longValue() <= MAX_RATE) {
      return n.intValue();
    }
    errors.add(new FieldError("/perSecond", "must be a whole number from 1 to " + MAX_RATE));
    return DEFAULT_RATE;
  }

  private List<JobItem> items(JsonObject body, String action, List<FieldError> errors) {
    if (!(body.get("items") instanceof JsonArray array)
        || array.isEmpty()
        || array.size() > ITEMS) {
      errors.add(new FieldError("/items", "must be an array of 1 to " + ITEMS + " objects"));
      return List.of();
    }
    List<JobItem> items = new ArrayList<>();
    for (int i = 0; i < array.size() && errors.isEmpty(); i++) {
      JsonObject json =
          array.get(i) instanceof JsonObject object ? object : JsonObject.EMPTY_JSON_OBJECT;
      JobItem item = JobItem.of(i, json, errors);
      if (!step.knows(item.category(), action)) {
        errors.add(
            new FieldError("/items/" + i + "/category", "is none about which this is decided so"));
      }
      items.add(item);
    }
    return items;
  }

  private void stop(ServerRequest req, ServerResponse res) throws SQLException {
    AdminCaller by = AdminCaller.of(req);
    String id = id(req);
    job(id);
    String who = "Stopped with the token " + by.token() + ". " + by.why();
    if (!transactions.run(c -> table.end(c, id, Job.State.STOPPED, who.strip()))) {
      throw new ProblemException(Status.CONFLICT_409, "The job has ended already.");
    }
    AdminExchange.send(res, job(id).json());
  }

  private static String id(ServerRequest req) {
    return uuid(req.path().pathParameters().get("job"))
        .orElseThrow(() -> new ProblemException(Status.NOT_FOUND_404, "There is no such job."));
  }

  private static Optional<String> uuid(String text) {
    try {
      return Optional.of(UUID.fromString(text).toString());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
