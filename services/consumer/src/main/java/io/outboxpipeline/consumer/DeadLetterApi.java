package io.outboxpipeline.consumer;

import io.helidon.http.Method;
import io.helidon.http.Status;
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
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * {@code /admin/dead-letters}: a look at some of them, and the way back. A look hides messages for
 * a moment, so there is one at a time and none during a redrive. Thread-safe.
 */
final class DeadLetterApi implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  private static final int MAX_SAMPLE = 100;
  private static final int DEFAULT_SAMPLE = 50;
  private static final int DEFAULT_RATE = 5;
  private static final int MAX_RATE = 100;
  private static final int NO_SUCH_COLUMN = 1054;

  private final DataSource database;
  private final DeadLetterQueue letters;
  private final ReentrantLock looking = new ReentrantLock();

  DeadLetterApi(DataSource database, DeadLetterQueue letters) {
    this.database = database;
    this.letters = letters;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/dead-letters", DatabaseErrors.guard(this::look))
        .get("/dead-letters/redrives", DatabaseErrors.guard(this::redrives))
        .post("/dead-letters/redrive", DatabaseErrors.guard((q, a) -> redrive(q, a, false)))
        // Of its own, because a release without filters would move all.
        .post("/dead-letters/redrive-matching", DatabaseErrors.guard((q, a) -> redrive(q, a, true)))
        .post("/dead-letters/stop", DatabaseErrors.guard(this::stop));
    Methods.only(rules, "/dead-letters", Method.GET);
    Methods.only(rules, "/dead-letters/redrives", Method.GET);
    Methods.only(rules, "/dead-letters/redrive", Method.POST);
    Methods.only(rules, "/dead-letters/redrive-matching", Method.POST);
    Methods.only(rules, "/dead-letters/stop", Method.POST);
  }

  private interface Question<T> {
    T asked(String url) throws SQLException;
  }

  /** Asks about the queue; what SQS refuses is told with what it says. */
  private <T> T ask(Question<T> question) throws SQLException {
    try {
      String url =
          letters
              .url()
              .orElseThrow(
                  () ->
                      new ProblemException(
                          Status.NOT_FOUND_404, "The queue has no dead-letter queue."));
      return question.asked(url);
    } catch (SdkException e) {
      if (e instanceof AwsServiceException refused && refused.statusCode() < 500) {
        throw new ProblemException(
            Status.BAD_GATEWAY_502,
            "SQS refuses it to the consumer: "
                + refused.awsErrorDetails().errorCode()
                + ". The consumer's README lists the rights that it needs.");
      }
      throw new ProblemException(
              Status.SERVICE_UNAVAILABLE_503, "The queue can't be asked now. Try again.")
          .withHeader("Retry-After", "2");
    }
  }

  private void look(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.number(req, "limit", DEFAULT_SAMPLE, MAX_SAMPLE);
    Optional<Redrive> running = in(RedriveTable::running);
    if (running.isPresent()) {
      AdminExchange.send(
          res,
          JSON.createObjectBuilder()
              .add("items", JSON.createArrayBuilder())
              .add("redrive", running.get().json())
              .build());
      return;
    }
    if (!looking.tryLock()) {
      throw busy();
    }
    try {
      AdminExchange.send(res, ask(url -> sample(url, limit, LetterFilter.of(req))));
    } finally {
      looking.unlock();
    }
  }

  private JsonObject sample(String url, int limit, LetterFilter filter) throws SQLException {
    Optional<Duration> retention = letters.retention(url);
    var items = JSON.createArrayBuilder();
    int looked;
    try (Connection c = database.getConnection()) {
      if (!LookLock.take(c)) {
        throw busy();
      }
      try {
        List<Message> all = letters.sample(url, limit);
        looked = all.size();
        all.stream().filter(filter::matches).forEach(m -> items.add(DeadLetter.json(m, retention)));
      } finally {
        LookLock.give(c);
        c.rollback();
      }
    }
    var json = JSON.createObjectBuilder();
    retention.ifPresent(r -> json.add("retentionSeconds", r.toSeconds()));
    return json.add("queue", url.substring(url.lastIndexOf('/') + 1))
        .add("approximateCount", letters.count(url))
        .add("looked", looked)
        .add("items", items)
        .build();
  }

  private static ProblemException busy() {
    return new ProblemException(
            Status.CONFLICT_409, "Somebody looks at the dead letters just now. Try again.")
        .withHeader("Retry-After", "2");
  }

  private void redrives(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.number(req, "limit", 20, 100);
    var items = JSON.createArrayBuilder();
    List<Redrive> all = in(c -> RedriveTable.last(c, limit));
    all.forEach(r -> items.add(r.json()));
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  /** The same id twice is the same redrive. */
  private void redrive(ServerRequest req, ServerResponse res, boolean matching)
      throws SQLException {
    AdminCaller by = AdminCaller.of(req);
    JsonObject body = JsonBody.read(req);
    var errors = new ArrayList<FieldError>();
    String id = id(body, errors);
    long count = number(body, "count", 0, Integer.MAX_VALUE, errors);
    int rate = (int) number(body, "perSecond", DEFAULT_RATE, MAX_RATE, errors);
    LetterFilter filter = matching ? LetterFilter.of(body, errors) : LetterFilter.ALL;
    if (by.why().isBlank()) {
      errors.add(new FieldError("why", "must say why, in the query"));
    }
    AdminExchange.refuse(errors);
    String queue = ask(url -> url.substring(url.lastIndexOf('/') + 1));
    Redrive now =
        in(
            c -> {
              Optional<Redrive> there = RedriveTable.find(c, id);
              if (there.isEmpty() && !RedriveTable.begin(c, id, queue, count, rate, filter, by)) {
                throw new ProblemException(Status.CONFLICT_409, "Another redrive runs.");
              }
              return RedriveTable.find(c, id).orElseThrow();
            });
    res.status(Status.ACCEPTED_202);
    AdminExchange.send(res, now.json());
  }

  private void stop(ServerRequest req, ServerResponse res) throws SQLException {
    AdminCaller by = AdminCaller.of(req);
    var errors = new ArrayList<FieldError>();
    String id = id(JsonBody.read(req), errors);
    AdminExchange.refuse(errors);
    String queue = ask(url -> url.substring(url.lastIndexOf('/') + 1));
    Redrive now =
        in(
            c -> {
              if (!RedriveTable.stop(c, id, queue, by)) {
                throw new ProblemException(Status.CONFLICT_409, "No such redrive runs.");
              }
              return RedriveTable.find(c, id).orElseThrow();
            });
    AdminExchange.send(res, now.json());
  }

  private static String id(JsonObject body, List<FieldError> errors) {
    try {
      if (body.get("id") instanceof JsonString text) {
        return UUID.fromString(text.getString()).toString();
      }
      errors.add(new FieldError("/id", "must be a UUID"));
    } catch (IllegalArgumentException e) {
      errors.add(new FieldError("/id", "must be a UUID: " + e.getMessage()));
    }
    return "";
  }

  /** From 1 on; what is not given is the fallback, unless that is 0. */
  private static long number(
      JsonObject body, String field, long fallback, long max, List<FieldError> errors) {
    if (!body.containsKey(field) && fallback > 0) {
      return fallback;
    }
    if (body.get(field) instanceof JsonNumber n
        && n.isIntegral()
        && n.longValue() >= 1
        && n.longValue() <= max) {
      return n.longValue();
    }
    errors.add(new FieldError("/" + field, "must be a whole number from 1 to " + max));
    return 0;
  }

  private interface Step<T> {
    T at(Connection connection) throws SQLException;
  }

  private <T> T in(Step<T> step) throws SQLException {
    try (Connection c = database.getConnection()) {
      try {
        T result = step.at(c);
        c.commit();
        return result;
      } catch (ProblemException e) {
        c.rollback();
        throw e;
      } catch (SQLException e) {
        if (e.getErrorCode() == NO_SUCH_COLUMN) {
          throw new ProblemException(
                  Status.SERVICE_UNAVAILABLE_503, "The database waits for a migration.")
              .withHeader("Retry-After", "2");
        }
        throw e;
      }
    }
  }
}
