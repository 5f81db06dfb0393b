package io.outboxpipeline.consumer;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.inbox.ChainLook;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.Sought;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * {@code /admin/aggregate}, {@code /admin/find}, {@code /admin/decisions} and {@code /admin/queue}:
 * for people who look, and for consoles, which have no rights in the database. Numbers of events
 * are texts, because not every reader keeps large numbers. Thread-safe.
 */
final class LookApi implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final DataSource database;
  private final QueueDepth depth;

  LookApi(DataSource database, QueueDepth depth) {
    this.database = database;
    this.depth = depth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/aggregate", DatabaseErrors.guard(this::aggregate))
        .get("/decisions", DatabaseErrors.guard(this::decisions))
        .get("/find", DatabaseErrors.guard(this::find))
        .get("/queue", this::queue);
    Methods.only(rules, "/find", Method.GET);
    Methods.only(rules, "/aggregate", Method.GET);
    Methods.only(rules, "/decisions", Method.GET);
    Methods.only(rules, "/queue", Method.GET);
  }

  private void aggregate(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    Aggregate aggregate = AdminExchange.aggregate(req);
    var items = JSON.createArrayBuilder();
    List<ChainLook.Position> all = read(c -> ChainLook.of(c, aggregate, limit));
    all.forEach(p -> items.add(position(p)));
    var applied = JSON.createArrayBuilder();
    read(c -> AppliedSpendings.last(c, aggregate, limit)).forEach(applied::add);
    AdminExchange.send(
        res, JSON.createObjectBuilder().add("items", items).add("applied", applied).build());
  }

  private interface Look<T> {
    T at(Connection connection) throws SQLException;
  }

  private <T> T read(Look<T> look) throws SQLException {
    try (Connection c = database.getConnection()) {
      T seen = look.at(c);
      c.rollback();
      return seen;
    }
  }

  private static JsonObjectBuilder position(ChainLook.Position p) {
    var kept = JSON.createArrayBuilder();
    for (ChainLook.Kept k : p.kept()) {
      var event =
          JSON.createObjectBuilder()
              .add("sequence", Long.toString(k.sequence()))
              .add("eventId", k.eventId())
              .add("eventType", k.eventType());
      k.reason().ifPresent(r -> event.add("reason", r));
      kept.add(event);
    }
    return JSON.createObjectBuilder()
        .add("source", p.chain().source())
        .add("last", Long.toString(p.last()))
        .add("standstill", p.standstill().name().toLowerCase(Locale.ROOT))
        .add("kept", kept);
  }

  private void decisions(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    var items = JSON.createArrayBuilder();
    List<JsonObject> all = read(c -> DecisionTable.last(c, limit));
    all.forEach(items::add);
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void find(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    Sought sought = Sought.of(req);
    var items = JSON.createArrayBuilder();
    read(c -> EventFinder.find(c, sought, limit)).forEach(items::add);
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }

  private void queue(ServerRequest req, ServerResponse res) {
    try {
      AdminExchange.send(res, depth.json());
    } catch (SdkException e) {
      throw new ProblemException(
              Status.SERVICE_UNAVAILABLE_503, "The queue can't be asked now. Try again.")
          .withHeader("Retry-After", "2");
    }
  }
}
