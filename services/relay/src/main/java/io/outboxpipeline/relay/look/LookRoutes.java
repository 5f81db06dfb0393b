package io.outboxpipeline.relay.look;

import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.ownership.StoreException;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.DatabaseTrouble;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.Sought;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.SQLException;

/**
 * {@code /admin/partitions}, {@code /admin/aggregate}, {@code /admin/find} and {@code
 * /admin/decisions}: any relay answers for all. Thread-safe.
 */
public final class LookRoutes implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final OwnershipView ownership;
  private final Outlook outlook;

  public LookRoutes(OwnershipView ownership, Outlook outlook) {
    this.ownership = ownership;
    this.outlook = outlook;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/partitions", this::partitions)
        .get("/aggregate", DatabaseErrors.guard(this::aggregate))
        .get("/find", DatabaseErrors.guard(this::find))
        .get("/decisions", DatabaseErrors.guard(this::decisions));
    Methods.only(rules, "/find", Method.GET);
    Methods.only(rules, "/partitions", Method.GET);
    Methods.only(rules, "/aggregate", Method.GET);
    Methods.only(rules, "/decisions", Method.GET);
  }

  private void partitions(ServerRequest req, ServerResponse res) {
    JsonObject json;
    try {
      json = ownership.json();
    } catch (StoreException e) {
      throw new ProblemException(
              Status.SERVICE_UNAVAILABLE_503,
              "The leases can't be read now: " + DatabaseTrouble.of(e))
          .withHeader("Retry-After", "2");
    }
    AdminExchange.send(res, json);
  }

  private void aggregate(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    Aggregate aggregate = AdminExchange.aggregate(req);
    var items = JSON.createArrayBuilder();
    for (Outlook.Waiting w : outlook.waiting(aggregate, limit)) {
      items.add(
          JSON.createObjectBuilder()
              .add("eventId", w.eventId())
              .add("sequence", w.sequence())
              .add("eventType", w.eventType())
              .add("committedAt", w.committedAt().toString()));
    }
    AdminExchange.send(
        res,
        JSON.createObjectBuilder()
            .add("slot", aggregate.slot())
            .add("searched", outlook.searches())
            .add("items", items)
            .build());
  }

  private void find(ServerRequest req, ServerResponse res) throws SQLException {
    int limit = AdminExchange.limit(req);
    Sought sought = Sought.of(req);
    var items = JSON.createArrayBuilder();
    for (Outlook.Found f : outlook.find(sought.eventId(), sought.traceId(), limit)) {
      items.add(
          JSON.createObjectBuilder()
              .add("aggregateType", f.aggregateType())
              .add("aggregateId", f.aggregateId())
              .add("eventId", f.eventId())
              .add("sequence", f.sequence()));
    }
    AdminExchange.send(
        res,
        JSON.createObjectBuilder().add("searched", outlook.searches()).add("items", items).build());
  }

  private void decisions(ServerRequest req, ServerResponse res) throws SQLException {
    var items = JSON.createArrayBuilder();
    for (Outlook.Decided d : outlook.decisions(AdminExchange.limit(req))) {
      items.add(
          JSON.createObjectBuilder()
              .add("at", d.at().toString())
              .add("decision", d.decision())
              .add("eventId", d.eventId())
              .add("token", d.token())
              .add("address", d.address())
              .add("why", d.why()));
    }
    AdminExchange.send(res, JSON.createObjectBuilder().add("items", items).build());
  }
}
