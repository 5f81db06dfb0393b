package io.outboxpipeline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.runtime.Problem.FieldError;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** What the routes under {@code /admin} read of a request, and how they answer. Without state. */
public final class AdminExchange {
  private AdminExchange() {}

  /**
   * The query's {@code limit}, as {@link QueryParameters#limit}.
   *
   * @throws ProblemException 400 if it is none
   */
  public static int limit(ServerRequest req) {
    var errors = new ArrayList<FieldError>();
    int limit = QueryParameters.limit(req, errors);
    refuse(errors);
    return limit;
  }

  /**
   * A whole number of the query from 1 to {@code max}.
   *
   * @throws ProblemException 400 if it is none
   */
  public static int number(ServerRequest req, String name, int fallback, int max) {
    var errors = new ArrayList<FieldError>();
    int number = (int) QueryParameters.number(req, name, fallback, 1, max, errors);
    refuse(errors);
    return number;
  }

  /**
   * The aggregate that the query's {@code aggregateType} and {@code aggregateId} name.
   *
   * @throws ProblemException 400 if they can't be those of an aggregate
   */
  public static Aggregate aggregate(ServerRequest req) {
    try {
      return new Aggregate(
          req.query().first("aggregateType").orElse(""),
          req.query().first("aggregateId").orElse(""));
    } catch (IllegalArgumentException e) {
      throw new ProblemException(Status.BAD_REQUEST_400, String.valueOf(e.getMessage()));
    }
  }

  /** Throws 400 with all that is wrong with a request, if anything is. */
  public static void refuse(List<FieldError> errors) {
    if (!errors.isEmpty()) {
      throw new ProblemException(
          Status.BAD_REQUEST_400, "The request has fields or parameters that are wrong.", errors);
    }
  }

  /** Sends an object as JSON, with the status that is set. */
  public static void send(ServerResponse res, JsonObject json) {
    res.header(HeaderNames.CONTENT_TYPE, "application/json").send(json.toString().getBytes(UTF_8));
  }
}
