package io.outboxpipeline.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outboxpipeline.embedded.EmbeddedSqs;
import io.outboxpipeline.testkit.Database;
import io.outboxpipeline.testkit.OtlpReceiver;
import io.outboxpipeline.testkit.OtlpReceiver.Span;
import io.outboxpipeline.testkit.TestDatabase;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One event is followed from the client over base, relay and consumer by its spans. */
final class TracesIT {
  private static final Path LOGS = Path.of("target", "traces-logs");
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CLIENT = "00f067aa0ba902b7";

  private final Database base = TestDatabase.preferred().create();
  private final Database consumer = TestDatabase.preferred().create();

  @Test
  void one_event_is_followed_over_all_processes() throws Exception {
    try (var spans = new OtlpReceiver();
        var sqs = EmbeddedSqs.start(0);
        var http = HttpClient.newHttpClient();
        var pipeline = new Pipeline(base, consumer, sqs.endpoint(), LOGS, false)) {
      Pipeline.createQueue(sqs.endpoint(), Map.of());
      pipeline.with(spans.environment());
      pipeline.startBase("base");
      pipeline.startConsumer("consumer");
      await()
          .until(
              () -> Pipeline.ask(http, get(pipeline, "base", "/health/ready")).startsWith("200"));
      pipeline.startRelay("relay");
      await()
          .until(
              () ->
                  Pipeline.ask(http, get(pipeline, "consumer", "/health/ready")).startsWith("200"));
      assertThat(
              Pipeline.ask(
                  http,
                  HttpRequest.newBuilder(pipeline.uri("base", "/api/v1/spending"))
                      .header("content-type", "application/json")
                      .header("traceparent", "00-" + TRACE + "-" + CLIENT + "-01")
                      .header("baggage", "secret=payload")
                      .POST(
                          HttpRequest.BodyPublishers.ofString(
                              """
                              {"identity":"alice","name":"Alice","surname":"Adams","amount":"1"}
                              """))))
          .startsWith("201");
      assertThat(base.number("SELECT COUNT(*) FROM obt WHERE headers LIKE '%baggage%'")).isZero();

      await().until(() -> spans.spans().stream().anyMatch(s -> s.service().equals("consumer")));
      await().until(() -> spans.spans().stream().anyMatch(s -> s.service().equals("relay")));
      Span posted = of(spans, "base");
      Span sent = of(spans, "relay");
      Span applied = of(spans, "consumer");
      assertThat(posted.trace()).isEqualTo(TRACE);
      assertThat(posted.parent()).isEqualTo(CLIENT);
      assertThat(sent.name()).isEqualTo("send spending.fifo");
      assertThat(sent.links()).containsExactly(TRACE + "-" + posted.id());
      assertThat(sent.attributes()).containsKey("messaging.message.id");
      assertThat(applied.name()).isEqualTo("process spending.created");
      assertThat(applied.trace()).isEqualTo(TRACE);
      assertThat(applied.parent()).isEqualTo(posted.id());
      assertThat(List.of(posted, sent, applied)).noneMatch(Span::error);
      exemplar(http, pipeline, "base", "base_http_requests_seconds", TRACE);
      exemplar(http, pipeline, "relay", "outbox_relay_latency_seconds", sent.trace());
      exemplar(http, pipeline, "relay", "outbox_relay_batch_seconds", sent.trace());
      exemplar(http, pipeline, "consumer", "outbox_consumer_latency_seconds", TRACE);
    }
  }

  /** OpenMetrics alone has exemplars; Prometheus would refuse other formats with them. */
  private static void exemplar(
      HttpClient http, Pipeline pipeline, String service, String histogram, String trace)
      throws Exception {
    var request =
        get(pipeline, service, "/metrics")
            .header("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    await()
        .untilAsserted(
            () ->
                assertThat(Pipeline.ask(http, request).lines())
                    .anyMatch(
                        l ->
                            l.startsWith(histogram + "_bucket{")
                                && l.contains(" # {")
                                && l.contains("trace_id=\"" + trace + "\"")));
    assertThat(Pipeline.ask(http, request)).endsWith("# EOF\n");
    assertThat(Pipeline.ask(http, get(pipeline, service, "/metrics")))
        .contains(histogram + "_bucket{")
        .doesNotContain("# {", "# EOF");
  }

  private static Span of(OtlpReceiver receiver, String service) {
    return receiver.spans().stream()
        .filter(s -> s.service().equals(service))
        .findFirst()
        .orElseThrow();
  }

  private static HttpRequest.Builder get(Pipeline pipeline, String name, String path) {
    return HttpRequest.newBuilder(pipeline.uri(name, path));
  }
}
