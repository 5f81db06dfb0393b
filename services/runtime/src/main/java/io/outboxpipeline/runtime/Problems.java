package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.ERROR;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Map;

/**
 * Turns whatever ends a request early into problem+json: what handlers throw, what Helidon itself
 * refuses, and what nobody expected (500, logged, and nothing of it in the answer).
 */
final class Problems {
  private static final System.Logger LOG = System.getLogger(Problems.class.getName());

  private Problems() {}

  static void handleErrors(HttpRouting.Builder routing) {
    routing
        .error(ProblemException.class, (req, res, e) -> send(req, res, e.problem(), e.headers()))
        .error(
            HttpException.class,
            (req, res, e) -> {
              if (e.status().code() >= 500) {
                unexpected(req, res, e);
              } else {
                send(req, res, Problem.of(e.status(), detail(e)), Map.of());
              }
            })
        .error(
            RequestException.class,
            (req, res, e) ->
                send(req, res, Problem.of(e.status(), e.safeMessage() ? message(e) : ""), Map.of()))
        .error(Throwable.class, Problems::unexpected);
  }

  /** For what fails before there is a request to route: a malformed one, a body too large. */
  static DirectHandlers directHandlers() {
    var builder = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      builder.addHandler(type, handler());
    }
    return builder.build();
  }

  private static DirectHandler handler() {
    return (request, type, status, headers, message) -> {
      String detail = status.code() >= 500 || message == null ? "" : detail(status, message);
      return TransportResponse.builder()
          .status(status)
          .headers(headers)
          .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
          .keepAlive(type.keepAlive())
          .entity(Problem.of(status, detail).json().getBytes(UTF_8))
          .build();
    };
  }

  private static void unexpected(ServerRequest req, ServerResponse res, Throwable e) {
    LOG.log(ERROR, "%s %s failed".formatted(req.prologue().method(), path(req)), e);
    send(req, res, Problem.of(Status.INTERNAL_SERVER_ERROR_500, ""), Map.of());
  }

  private static void send(
      ServerRequest req, ServerResponse res, Problem problem, Map<String, String> headers) {
    Problem located = problem.instance().isPresent() ? problem : problem.withInstance(path(req));
    headers.forEach(res::header);
    res.status(Status.create(problem.status()))
        .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .send(located.json().getBytes(UTF_8));
  }

  /** As the client sent it; the request's own path is relative to the service that handles it. */
  private static String path(ServerRequest req) {
    return req.prologue().uriPath().rawPath();
  }

  private static String detail(HttpException e) {
    return detail(e.status(), message(e));
  }

  private static String detail(Status status, String message) {
    return switch (status.code()) {
      case 404 -> "There is nothing at this path.";
      case 413 -> "The body is larger than this service accepts.";
      default -> ownWords(message);
    };
  }

  /** Helidon quotes the request behind a colon, with entities of HTML, or as a hex dump. */
  private static String ownWords(String message) {
    int quote = message.indexOf(':');
    return quote < 0 ? message : message.substring(0, quote) + ".";
  }

  private static String message(Throwable e) {
    String message = e.getMessage();
    return message == null ? "" : message;
  }
}
