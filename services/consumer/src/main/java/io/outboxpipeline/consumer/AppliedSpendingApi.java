package io.outboxpipeline.consumer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.runtime.DatabaseErrors;
import io.outboxpipeline.runtime.Methods;
import io.outboxpipeline.runtime.Problem.FieldError;
import io.outboxpipeline.runtime.ProblemException;
import io.outboxpipeline.runtime.QueryParameters;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** {@code /api/v1/spending} on the consumer's copy; the worked example's part. Thread-safe. */
final class AppliedSpendingApi implements HttpService {
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();
  static final String PATH = "/api/v1/spending";

  private static final int MAX_IDENTITY = 64;

  private final DataSource database;

  AppliedSpendingApi(DataSource database) {
    this.database = database;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/", DatabaseErrors.guard(this::list));
    Methods.only(rules, "/", Method.GET);
  }

  private void list(ServerRequest req, ServerResponse res) throws SQLException {
    var errors = new ArrayList<FieldError>();
    String identity = req.query().first("identity").orElse("");
    int length = identity.codePointCount(0, identity.length());
    if (length < 1 || length > MAX_IDENTITY) {
      errors.add(new FieldError("identity", "must have 1 to " + MAX_IDENTITY + " characters"));
    }
    int limit = QueryParameters.limit(req, errors);
    long after = QueryParameters.number(req, "after", 0, 0, 999_999_999_999_999_999L, errors);
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The query has parameters that are wrong.", errors);
    }
    // One more than asked for tells whether there is a next page.
    List<JsonObject> found = select(identity, after, limit + 1);
    List<JsonObject> page = found.subList(0, Math.min(limit, found.size()));
    var items = JSON.createArrayBuilder();
    page.forEach(items::add);
    var json = JSON.createObjectBuilder().add("items", items);
    if (found.size() > limit) {
      json.add("next", page.getLast().getJsonNumber("sequence"));
    }
    res.header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(json.build().toString().getBytes(UTF_8));
  }

  private List<JsonObject> select(String identity, long after, int limit) throws SQLException {
    String sql =
        """
        SELECT id, event_id, sequence, identity, name, surname, amount, created_at, applied_at
        FROM obt_spending
        WHERE identity = ? AND sequence > ?
        ORDER BY sequence
        LIMIT ?
        """;
    try (Connection c = database.getConnection();
        var s = c.prepareStatement(sql)) {
      s.setString(1, identity);
      s.setLong(2, after);
      s.setInt(3, limit);
      List<JsonObject> found = new ArrayList<>();
      try (var row = s.executeQuery()) {
        while (row.next()) {
          found.add(
              JSON.createObjectBuilder()
                  .add("id", row.getLong(1))
                  .add("eventId", row.getString(2))
                  .add("sequence", row.getLong(3))
                  .add("identity", row.getString(4))
                  .add("name", row.getString(5))
                  .add("surname", row.getString(6))
                  .add("amount", row.getBigDecimal(7).toPlainString())
                  .add("createdAt", utc(row.getObject(8, LocalDateTime.class)))
                  .add("appliedAt", utc(row.getObject(9, LocalDateTime.class)))
                  .build());
        }
      }
      c.rollback();
      return found;
    }
  }

  private static String utc(LocalDateTime time) {
    return time.toInstant(ZoneOffset.UTC).toString();
  }
}
