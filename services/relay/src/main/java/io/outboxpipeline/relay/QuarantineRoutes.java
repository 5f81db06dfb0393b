package io.outboxpipeline.relay;

import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.runtime.ProblemException;
import jakarta.json.Json;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * {@code /admin/quarantine}: the events that can never be sent, and what to do about each. Any
 * relay answers for all; the owner of the event's partition notices within seconds.
 */
final class QuarantineRoutes implements HttpService {
  private static final int LISTED = 1000;

  private final DataSource database;

  QuarantineRoutes(DataSource database) {
    this.database = database;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/quarantine", this::list)
        .post("/quarantine/{event}/retry", (q, s) -> decide(q, s, Quarantine::retry))
        .post("/quarantine/{event}/discard", (q, s) -> decide(q, s, Quarantine::discard));
  }

  private void list(ServerRequest request, ServerResponse response) {
    var items = Json.createArrayBuilder();
    for (Quarantine.Entry e : inTransaction(c -> Quarantine.list(c, LISTED))) {
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
    response
        .header("content-type", "application/json")
        .send(Json.createObjectBuilder().add("items", items).build().toString());
  }

  private interface Decision {
    boolean apply(Connection transaction, String eventId) throws SQLException;
  }

  private void decide(ServerRequest request, ServerResponse response, Decision decision) {
    String event = request.path().pathParameters().get("event");
    if (!inTransaction(c -> decision.apply(c, event))) {
      throw new ProblemException(Status.NOT_FOUND_404, "No event of this id is held.");
    }
    response.status(Status.NO_CONTENT_204).send();
  }

  private interface Work<T> {
    T run(Connection transaction) throws SQLException;
  }

  private <T> T inTransaction(Work<T> work) {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      try {
        T result = work.run(c);
        c.commit();
        return result;
      } catch (SQLException e) {
        c.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw new ProblemException(
              Status.SERVICE_UNAVAILABLE_503, "The database does not answer; try again.")
          .withHeader("Retry-After", "5");
    }
  }
}
