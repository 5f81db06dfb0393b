package io.outboxpipeline.relay.quarantine;

import static java.lang.System.Logger.Level.INFO;

import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.runtime.AdminCaller;
import io.outboxpipeline.runtime.AdminExchange;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.Json;
import java.sql.SQLException;

/**
 * {@code /admin/quarantine}: the events that can never be sent, and what to do about each. Any
 * relay answers for all; the owner of the event's partition notices within seconds.
 */
public final class QuarantineRoutes implements HttpService {
  private static final System.Logger LOG = System.getLogger(QuarantineRoutes.class.getName());
  private static final int LISTED = 1000;

  private final Quarantine quarantine;

  public QuarantineRoutes(Quarantine quarantine) {
    this.quarantine = quarantine;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/quarantine", DatabaseErrors.guard(this::list))
        .post("/quarantine/{event}/retry", decision("retried", quarantine::retry))
        .post("/quarantine/{event}/discard", decision("discarded", quarantine::discard));
  }

  private void list(ServerRequest request, ServerResponse response) throws SQLException {
    var items = Json.createArrayBuilder();
    for (Quarantine.Entry e : quarantine.list(LISTED)) {
      items.add(
          Json.createObjectBuilder()
              .add("eventId", e.eventId())
              .add("aggregateType", e.aggregate().type())
              .add("aggregateId", e.aggregate().id())
              .add("sequence", e.sequence())
              .add("eventType", e.eventType())
              .add("reason", e.reason())
              .add("since", e.since().toString())
              .add("waiting", e.waiting()));
    }
    AdminExchange.send(response, Json.createObjectBuilder().add("items", items).build());
  }

  private interface Decision {
    boolean apply(String eventId, AdminCaller by) throws SQLException;
  }

  private Handler decision(String done, Decision decision) {
    return DatabaseErrors.guard(
        (request, response) -> {
          String event = request.path().pathParameters().get("event");
          AdminCaller by = AdminCaller.of(request);
          if (!decision.apply(event, by)) {
            throw new ProblemException(Status.NOT_FOUND_404, "No event of this id is held.");
          }
          LOG.log(
              INFO,
              "event {0} was {1} with the token {2} from {3}, because: {4}",
              event,
              done,
              by.token(),
              by.address(),
              by.why());
          response.status(Status.NO_CONTENT_204).send();
        });
  }
}
