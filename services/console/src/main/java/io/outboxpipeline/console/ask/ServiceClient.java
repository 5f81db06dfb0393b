package io.outboxpipeline.console.ask;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.spi.JsonProvider;
import java.io.IOException;
import java.io.StringReader;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks services. No question takes longer than the time that all of them have, whatever the service
 * does: hangs, sends a byte now and then, or sends too much. Thread-safe.
 */
public final class ServiceClient implements AutoCloseable {
  private static final int LARGEST = 16 << 20;
  // Found once: Json.create… looks through the whole class path for its provider at each call.
  private static final JsonProvider JSON = JsonProvider.provider();

  private final Duration patience;
  private final HttpClient http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * @param patience for an answer, from the first byte sent to the last one read
   */
  public ServiceClient(Duration patience) {
    this.patience = patience;
    http =
        HttpClient.newBuilder()
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /** Asks for JSON. */
  public Answer get(Endpoint service, String path) {
    return ask(service, HttpRequest.newBuilder(service.at(path)).GET());
  }

  /** Tells a service to do something. */
  public Answer post(Endpoint service, String path, Optional<JsonObject> body) {
    var request = HttpRequest.newBuilder(service.at(path));
    body.ifPresentOrElse(
        json ->
            request
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json.toString())),
        () -> request.POST(HttpRequest.BodyPublishers.noBody()));
    return ask(service, request);
  }

  /** The metrics of a service, or why there are none. */
  public Metered metrics(Endpoint service) {
    HttpRequest request = HttpRequest.newBuilder(service.at("/metrics")).GET().build();
    return switch (send(request)) {
      case Raw.Silence(String why) -> new Metered(service, Optional.empty(), why);
      case Raw.Response(int status, String body) ->
          status == 200
              ? new Metered(service, Optional.of(Samples.parse(body)), "")
              : new Metered(service, Optional.empty(), "answered " + status);
    };
  }

  /**
   * What came of asking for metrics.
   *
   * @param trouble why there are none; empty if there are
   */
  public record Metered(Endpoint service, Optional<Samples> samples, String trouble) {}

  /** Asks all at once; the answers are in the order of the services. */
  public <T> List<T> all(List<? extends Callable<T>> questions) {
    List<Future<T>> asked = questions.stream().map(threads::submit).toList();
    return asked.stream().map(ServiceClient::result).toList();
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private sealed interface Raw {
    record Response(int status, String body) implements Raw {}

    record Silence(String why) implements Raw {}
  }

  private Answer ask(Endpoint service, HttpRequest.Builder request) {
    service.token().ifPresent(t -> request.header("authorization", "Bearer " + t.value()));
    return switch (send(request.build())) {
      case Raw.Silence(String why) -> new Answer.Silent(why);
      case Raw.Response(int status, String body) -> understood(status, body);
    };
  }

  private Raw send(HttpRequest request) {
    // The limit of a request itself would end with the answer's header.
    var answer =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(UTF_8), LARGEST));
    try {
      HttpResponse<String> response = answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return new Raw.Response(response.statusCode(), response.body());
    } catch (TimeoutException e) {
      answer.cancel(true);
      return new Raw.Silence("gave no answer within " + patience.toMillis() + " ms");
    } catch (ExecutionException e) {
      return new Raw.Silence(reason(e.getCause()));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      return new Raw.Silence("was asked while the console stops");
    }
  }

  private static String reason(@Nullable Throwable e) {
    Throwable cause = e == null ? null : e.getCause();
    if (e instanceof HttpConnectTimeoutException) {
      return "can't be reached: no connection in time";
    }
    if (e instanceof ConnectException) {
      return cause instanceof UnresolvedAddressException
          ? "can't be reached: nobody knows this host"
          : "can't be reached: nothing listens there";
    }
    return e instanceof IOException
        ? "broke off its answer, or sent too much"
        : "could not be asked";
  }

  private static Answer understood(int status, String body) {
    Optional<JsonObject> json = object(body);
    if (status == 204 || (status < 300 && body.isEmpty())) {
      return new Answer.Told(JsonObject.EMPTY_JSON_OBJECT);
    }
    if (status < 300) {
      return json.<Answer>map(Answer.Told::new)
          .orElseGet(() -> new Answer.Silent("gave an answer that is not JSON"));
    }
    String detail = json.map(j -> j.getString("detail", "")).orElse("");
    return new Answer.Refused(status, detail.isEmpty() || status == 401 ? usual(status) : detail);
  }

  private static String usual(int status) {
    return switch (status) {
      case 401 -> "It does not take the console's admin token.";
      case 404 -> "It has no such path; perhaps no admin token is set there, or it is older.";
      default -> "It answered " + status + ".";
    };
  }

  private static Optional<JsonObject> object(String body) {
    if (!body.startsWith("{")) {
      return Optional.empty();
    }
    try (var reader = JSON.createReader(new StringReader(body))) {
      return Optional.of(reader.readObject());
    } catch (JsonException | IllegalStateException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
