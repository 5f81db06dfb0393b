package io.outboxpipeline.console.model;

import io.outboxpipeline.console.ask.Answer;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.ask.ServiceClient;
import jakarta.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * One pipeline and its services. Services of a kind share a database, so any of them answers for
 * all of its kind. Thread-safe.
 */
public final class Pipeline {
  private final String name;
  private final ServiceClient client;
  private volatile PipelineSettings settings;

  public Pipeline(PipelineSettings settings, ServiceClient client) {
    name = settings.name();
    this.settings = settings;
    this.client = client;
  }

  /** To be told where its services are from now on. */
  void move(PipelineSettings now) {
    settings = now;
  }

  public String name() {
    return name;
  }

  /**
   * The services of a kind that there are now; none if the pipeline has none, or the console was
   * not told.
   */
  public List<Endpoint> services(Kind kind) {
    PipelineSettings now = settings;
    List<Endpoint> named =
        switch (kind) {
          case BASE -> now.bases();
          case RELAY -> now.relays();
          case CONSUMER -> now.consumers();
        };
    return named.stream().flatMap(e -> e.each().stream()).toList();
  }

  /** One question to all services of a kind at once. */
  record Question(Kind kind, String path) {}

  /** Asks all questions at once; the answers are in their order. */
  List<Asked> ask(List<Question> questions) {
    List<Callable<Asked>> all =
        questions.stream().<Callable<Asked>>map(q -> () -> ask(q.kind, q.path)).toList();
    return client.all(all);
  }

  Asked ask(Kind kind, String path) {
    List<Endpoint> services = services(kind);
    List<Callable<Answer>> all =
        services.stream().<Callable<Answer>>map(s -> () -> client.get(s, path)).toList();
    return Asked.of(kind, services, client.all(all));
  }

  /** Asks the first service of a kind that answers. */
  Asked askOne(Kind kind, String path) {
    Asked last = Asked.of(kind, List.of(), List.of());
    for (Endpoint service : services(kind)) {
      Answer answer = client.get(service, path);
      last = Asked.of(kind, List.of(service), List.of(answer));
      if (!(answer instanceof Answer.Silent)) {
        return last;
      }
    }
    return last;
  }

  /** What the first service of a kind says that answers. */
  Answer hear(Kind kind, String path) {
    Answer last = new Answer.Silent("is not known to the console");
    for (Endpoint service : services(kind)) {
      last = client.get(service, path);
      if (!(last instanceof Answer.Silent)) {
        return last;
      }
    }
    return last;
  }

  List<ServiceClient.Metered> metrics(Kind kind) {
    List<Callable<ServiceClient.Metered>> all =
        services(kind).stream()
            .<Callable<ServiceClient.Metered>>map(s -> () -> client.metrics(s))
            .toList();
    return client.all(all);
  }

  /** Tells the first service of a kind that answers. */
  Answer tell(Kind kind, String path, Optional<JsonObject> body) {
    Answer last = new Answer.Silent("is not known to the console");
    for (Endpoint service : services(kind)) {
      last = client.post(service, path, body);
      if (!(last instanceof Answer.Silent)) {
        return last;
      }
    }
    return last;
  }

  /** A value in a path or a query. */
  static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
