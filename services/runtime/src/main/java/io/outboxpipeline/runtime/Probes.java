package io.outboxpipeline.runtime;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import jakarta.json.spi.JsonProvider;
import java.util.List;
import java.util.function.Supplier;

/**
 * {@code /health} and {@code /health/live}, {@code /health/ready}, {@code /health/started}: 200 if
 * all checks are up, else 503, to GET and HEAD alike, with a length that clients of HTTP/1.0
 * understand. Thread-safe.
 */
final class Probes {
  private static final System.Logger LOG = System.getLogger(Probes.class.getName());
  private static final JsonProvider JSON = JsonProvider.provider();

  /** Which path a check belongs to. */
  enum Kind {
    LIVE("/health/live"),
    READY("/health/ready"),
    STARTED("/health/started");

    private final String path;

    Kind(String path) {
      this.path = path;
    }
  }

  /** One check. */
  record Check(Kind kind, String name, Supplier<Health> supplier) {
    private Health ask() {
      try {
        return supplier.get();
      } catch (RuntimeException e) {
        LOG.log(WARNING, "a health check failed", e);
        return Health.down("the check itself failed");
      }
    }
  }

  private final List<Check> checks;
  private final boolean details;

  /**
   * @param details whether to tell each check and why it is down
   */
  Probes(List<Check> checks, boolean details) {
    this.checks = List.copyOf(checks);
    this.details = details;
  }

  void register(HttpRouting.Builder routing) {
    serve(routing, "/health", checks);
    for (Kind kind : Kind.values()) {
      serve(routing, kind.path, checks.stream().filter(c -> c.kind() == kind).toList());
    }
  }

  private void serve(HttpRouting.Builder routing, String path, List<Check> some) {
    Handler handler = handler(some);
    routing.get(path, handler).head(path, handler);
    Methods.only(routing, path, Method.GET, Method.HEAD);
  }

  private Handler handler(List<Check> some) {
    return (req, res) -> {
      boolean up = true;
      var list = JSON.createArrayBuilder();
      for (Check check : some) {
        var json = JSON.createObjectBuilder().add("name", check.name());
        switch (check.ask()) {
          case Health.Up() -> json.add("status", "UP");
          case Health.Down(String reason) -> {
            up = false;
            json.add("status", "DOWN")
                .add("data", JSON.createObjectBuilder().add("reason", reason));
          }
        }
        list.add(json);
      }
      var body = JSON.createObjectBuilder().add("status", up ? "UP" : "DOWN");
      if (details) {
        body.add("checks", list);
      }
      byte[] bytes = body.build().toString().getBytes(UTF_8);
      res.status(up ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503)
          .header(HeaderValues.CACHE_NO_CACHE)
          .header(HeaderNames.CONTENT_TYPE, "application/json");
      if (req.prologue().method().equals(Method.HEAD)) {
        res.send();
      } else {
        res.send(bytes);
      }
    };
  }
}
