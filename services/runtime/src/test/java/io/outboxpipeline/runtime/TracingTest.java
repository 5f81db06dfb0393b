package io.outboxpipeline.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.helidon.http.Status;
import io.opentelemetry.api.trace.SpanKind;
import io.outboxpipeline.testkit.OtlpReceiver;
import io.outboxpipeline.testkit.OtlpReceiver.Span;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;

final class TracingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

  private final List<Map<String, String>> stored = new ArrayList<>();

  /** What a handler saw, and what a collector got of one request with these headers. */
  private List<Span> ask(Map<String, String> environment, int spans, String... headers) {
    try (var receiver = new OtlpReceiver()) {
      var all = new HashMap<>(receiver.environment());
      all.putAll(environment);
      try (var tracing = Tracing.start("example", all);
          var metrics = new Metrics();
          var server =
              ServiceServer.builder("example", ServerSettings.local(0), metrics)
                  .routing(
                      r ->
                          r.get(
                              "/things/{id}",
                              tracing.traced(
                                  "/things/{id}",
                                  (req, res) -> {
                                    stored.add(Tracing.current());
                                    if (req.path().pathParameters().get("id").equals("none")) {
                                      throw new ProblemException(
                                          Status.SERVICE_UNAVAILABLE_503, "not now");
                                    }
                                    String id = MDC.get(Tracing.TRACE_ID);
                                    res.send(id == null ? "no trace" : id);
                                  })))
                  .start()) {
        var http = new Http(server.port());
        assertThat(http.get("/things/1", headers).statusCode()).isEqualTo(200);
        if (spans > 1) {
          assertThat(http.get("/things/none", headers).statusCode()).isEqualTo(503);
        }
      }
      if (spans > 0) {
        await().until(() -> receiver.spans().size() >= spans);
      }
      return receiver.spans();
    }
  }

  @Test
  void a_callers_trace_goes_on_in_a_span_and_from_there_in_the_event() {
    List<Span> spans =
        ask(Map.of(), 2, "traceparent", PARENT, "tracestate", "a=1", "baggage", "user=alice");
    assertThat(spans)
        .allSatisfy(
            s -> {
              assertThat(s.service()).isEqualTo("example");
              assertThat(s.name()).isEqualTo("GET /things/{id}");
              assertThat(s.kind()).isEqualTo("SPAN_KIND_SERVER");
              assertThat(s.trace()).isEqualTo(TRACE);
              assertThat(s.parent()).isEqualTo("b7ad6b7169203331");
            });
    assertThat(spans)
        .extracting(s -> s.attributes().get("http.response.status_code"))
        .containsExactlyInAnyOrder("200", "503");
    assertThat(spans).filteredOn(Span::error).hasSize(1);
    assertThat(stored.getFirst())
        .isEqualTo(
            Map.of(
                "traceparent",
                "00-" + TRACE + "-" + spans.getFirst().id() + "-01",
                "tracestate",
                "a=1"));
  }

  @Test
  void without_a_caller_it_begins_here() {
    List<Span> spans = ask(Map.of("OTEL_SERVICE_NAME", "mine"), 1);
    assertThat(spans.getFirst().parent()).isEmpty();
    assertThat(spans.getFirst().service()).isEqualTo("mine");
    assertThat(stored.getFirst().get("traceparent")).contains(spans.getFirst().trace());
  }

  @Test
  void a_callers_trace_is_not_taken_where_no_propagator_is_set() {
    List<Span> spans = ask(Map.of("OTEL_PROPAGATORS", "none"), 1, "traceparent", PARENT);
    assertThat(spans.getFirst().trace()).isNotEqualTo(TRACE);
    assertThat(stored.getFirst().get("traceparent")).doesNotContain(TRACE);
  }

  @Test
  void a_sampler_that_takes_none_leaves_the_context() {
    assertThat(ask(Map.of("OTEL_TRACES_SAMPLER", "always_off"), 0, "traceparent", PARENT))
        .isEmpty();
    assertThat(stored.getFirst().get("traceparent")).startsWith("00-" + TRACE).endsWith("-00");
  }

  @ParameterizedTest
  @ValueSource(strings = {"OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none"})
  void switched_off_it_makes_no_span_and_hands_the_callers_context_on(String off) {
    String[] variable = off.split("=");
    assertThat(ask(Map.of(variable[0], variable[1]), 0, "traceparent", PARENT)).isEmpty();
    assertThat(stored.getFirst()).isEqualTo(Map.of("traceparent", PARENT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "'; DROP TABLE obt"
      })
  void what_is_no_context_is_none(String bad) {
    assertThat(ask(Map.of("OTEL_SDK_DISABLED", "true"), 0, "traceparent", bad)).isEmpty();
    assertThat(stored.getFirst()).isEmpty();
  }

  @Test
  void two_contexts_are_none() {
    ask(Map.of("OTEL_SDK_DISABLED", "true"), 0, "traceparent", PARENT, "traceparent", PARENT);
    assertThat(stored.getFirst()).isEmpty();
  }

  @Test
  void a_long_state_is_the_callers_own_affair() {
    String state = "a=" + "x".repeat(250) + ",b=" + "x".repeat(250) + ",c=" + "x".repeat(250);
    ask(Map.of("OTEL_SDK_DISABLED", "true"), 0, "traceparent", PARENT, "tracestate", state);
    assertThat(stored.getFirst()).isEqualTo(Map.of("traceparent", PARENT));
  }

  @Test
  void a_collector_that_does_not_answer_holds_no_stop() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      var tracing =
          Tracing.start(
              "example",
              Map.of(
                  "OTEL_EXPORTER_OTLP_ENDPOINT",
                  "http://127.0.0.1:" + silent.getLocalPort(),
                  "OTEL_EXPORTER_OTLP_PROTOCOL",
                  "http/protobuf"));
      tracing.span("work", SpanKind.INTERNAL).startSpan().end();
      long began = System.nanoTime();
      tracing.close();
      // The SDK's own close waits for ten.
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(8));
    }
  }

  @Test
  void a_setting_that_the_sdk_refuses_is_told_in_a_sentence() {
    assertThatThrownBy(() -> ask(Map.of("OTEL_TRACES_SAMPLER", "perhaps"), 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("perhaps");
  }
}
