package io.outboxpipeline.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.console.access.AccessSettings;
import io.outboxpipeline.console.access.AccessSettings.Token;
import io.outboxpipeline.console.access.User.Role;
import io.outboxpipeline.console.model.Mask;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.runtime.Secret;
import io.outboxpipeline.runtime.ServerSettings;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A console over a base, a relay and a consumer that a test plays. */
final class PlayedPipeline implements AutoCloseable {
  static final String VIEWER = "a viewer's token, long";
  static final String OPERATOR = "an operator's token, long";

  final PlayedService base = new PlayedService();
  final PlayedService relay = new PlayedService();
  final PlayedService consumer = new PlayedService();
  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private final AccessSettings access;
  private final Optional<Mask> payloads;
  private ConsoleService console;

  PlayedPipeline() {
    this(tokens(Optional.empty(), Set.of()));
  }

  PlayedPipeline(AccessSettings access) {
    this(access, Optional.empty());
  }

  PlayedPipeline(AccessSettings access, Optional<Mask> payloads) {
    this.access = access;
    this.payloads = payloads;
    base.says("/metrics", "base_spendings_created_total 7\n");
    relay
        .says(
            "/metrics",
            """
            # TYPE outbox_relay_backlog_events gauge
            outbox_relay_backlog_events 12.0
            outbox_relay_oldest_event_age_seconds 3.5
            outbox_relay_events_sent_total 100
            """)
        .says("/admin/quarantine", items())
        .says("/admin/partitions", "{\"partitions\":[],\"members\":[],\"repartitioning\":false}")
        .says("/admin/aggregate", "{\"slot\":7,\"items\":[]}")
        .says("/admin/decisions", items());
    consumer
        .says("/metrics", "outbox_consumer_applied_total{x=\"{} 1\"} 90\n")
        .says("/admin/rejected", items())
        .says("/admin/parked", items())
        .says("/admin/conflicts", items())
        .says("/admin/queue", "{\"visible\":4,\"inFlight\":1,\"deadLetters\":0}")
        .says("/admin/aggregate", "{\"items\":[],\"applied\":[]}")
        .says("/admin/decisions", items());
    console = start();
  }

  /** Ends the console, and starts another one over the same services. */
  void restart() {
    console.close();
    console = start();
  }

  private ConsoleService start() {
    return ConsoleService.start(
        new ConsoleSettings(
            ServerSettings.local(0).withShutdownGrace(Duration.ofSeconds(2)),
            access,
            List.of(
                new PipelineSettings(
                    "spending",
                    "shop",
                    List.of(base.endpoint()),
                    List.of(relay.endpoint()),
                    List.of(consumer.endpoint()))),
            Optional.empty(),
            Duration.ofSeconds(1),
            1000,
            payloads));
  }

  static AccessSettings tokens(Optional<URI> publicUrl, Set<String> hosts) {
    return new AccessSettings(
        List.of(
            new Token("viewer", Role.VIEWER, new Secret(VIEWER)),
            new Token("operator", Role.OPERATOR, new Secret(OPERATOR))),
        Optional.empty(),
        hosts,
        publicUrl);
  }

  /** A service's list. */
  static String items(String... items) {
    return "{\"items\":[" + String.join(",", items) + "]}";
  }

  /** Events that can't be sent, of aggregates of these numbers. */
  static String quarantined(int from, int to) {
    return items(
        IntStream.range(from, to)
            .mapToObj(
                n -> quarantined(String.format(Locale.ROOT, "a%03d", n), "e" + n, "too large"))
            .toArray(String[]::new));
  }

  static String quarantined(String aggregate, String event, String reason) {
    return Json.createObjectBuilder()
        .add("eventId", event)
        .add("aggregateType", "test")
        .add("aggregateId", aggregate)
        .add("sequence", 9_007_199_254_740_993L)
        .add("eventType", "happened")
        .add("reason", reason)
        .add("since", "2026-01-02T03:04:05Z")
        .add("waiting", 3)
        .build()
        .toString();
  }

  static String rejected(String aggregate, String reason) {
    return String.format(
        Locale.ROOT,
        """
        {"source":"s","aggregateType":"test","aggregateId":"%s","sequence":4,"eventId":"r-%s","eventType":"happened",
         "reason":"%s","since":"2026-01-02T03:04:06Z","ageSeconds":60,"waiting":1,"payload":"a secret"}
        """,
        aggregate,
        aggregate,
        reason);
  }

  static String parked(String aggregate) {
    return String.format(
        Locale.ROOT,
        """
        {"source":"s","aggregateType":"test","aggregateId":"%s","missing":5,"count":2,"since":"2026-01-02T03:04:07Z",
         "ageSeconds":30}
        """,
        aggregate);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + console.port() + path))
        .timeout(Duration.ofMinutes(2));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Asks the API as a viewer. */
  JsonObject get(String path) {
    var answer = send(request("/api/v1" + path).header("authorization", "Bearer " + VIEWER));
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    }
    return json(answer.body());
  }

  /** Tells the API something as an operator. */
  HttpResponse<String> post(String path, String json) {
    return post(path, json, OPERATOR);
  }

  HttpResponse<String> post(String path, String json, String token) {
    return send(
        request("/api/v1" + path)
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  /** Asks for the dry run of an action. */
  JsonObject look(String body) {
    var answer = post("/pipelines/spending/dry-runs", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return json(answer.body());
  }

  /** Takes the action that was looked at. */
  JsonObject act(JsonObject look, String why) {
    String body =
        "{\"snapshot\":\"%s\",\"count\":%s,\"why\":\"%s\"}"
            .formatted(look.getString("snapshot"), look.getInt("count"), why);
    var answer = post("/pipelines/spending/actions", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return json(answer.body());
  }

  /** Sends a form as a page of the console does. */
  HttpResponse<String> form(String path, String form, String cookie) {
    return send(
        request(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  /** The cookie of somebody who signs in. */
  String signIn(String token) {
    var answer =
        form(
            "/sign-in",
            "name=Ada&token="
                + java.net.URLEncoder.encode(token, java.nio.charset.StandardCharsets.UTF_8),
            "");
    return answer.headers().firstValue("set-cookie").orElseThrow().replaceAll(";.*", "");
  }

  /** A page, as a browser with this cookie gets it. */
  HttpResponse<String> page(String path, String cookie) {
    return send(request(path).header("accept", "text/html").header("cookie", cookie));
  }

  static JsonObject json(String text) {
    try (var reader = Json.createReader(new StringReader(text))) {
      return reader.readObject();
    }
  }

  static List<JsonObject> list(JsonObject json, String name) {
    return json.getJsonArray(name).getValuesAs(JsonObject.class);
  }

  static String fields(List<JsonObject> objects, String field) {
    return objects.stream().map(o -> o.getString(field)).collect(Collectors.joining(" "));
  }

  int port() {
    return console.port();
  }

  @Override
  public void close() {
    console.close();
    base.close();
    relay.close();
    consumer.close();
    http.shutdownNow();
  }
}
