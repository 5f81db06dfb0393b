package io.outboxpipeline.runtime;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.Handler;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * A service's spans, as the standard variables {@code OTEL_*} configure them. Without an exporter
 * or an endpoint in them there is no SDK and no span; the context of a caller is kept with the
 * events all the same. {@code OTEL_PROPAGATORS=none} trusts no caller's context. Thread-safe.
 */
public final class Tracing implements AutoCloseable {
  /** In a log line's fields: which trace it belongs to. */
  public static final String TRACE_ID = "trace_id";

  private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();

  /** More of it than this is the callers' own affair, and is not kept for years. */
  private static final int MAX_STATE = 512;

  private static final Set<String> ENABLING =
      Set.of(
          "OTEL_TRACES_EXPORTER",
          "OTEL_EXPORTER_OTLP_ENDPOINT",
          "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  private final @Nullable OpenTelemetrySdk sdk;
  private final Tracer tracer;
  private final TextMapPropagator callers;

  private Tracing(@Nullable OpenTelemetrySdk sdk, TextMapPropagator callers) {
    this.sdk = sdk;
    this.callers = callers;
    OpenTelemetry api = sdk == null ? OpenTelemetry.noop() : sdk;
    tracer = api.getTracer("io.outboxpipeline");
  }

  /**
   * As the process's environment says.
   *
   * @param service the service's name, unless {@code OTEL_SERVICE_NAME} is set
   */
  public static Tracing start(String service) {
    return start(service, System.getenv());
  }

  static Tracing start(String service, Map<String, String> environment) {
    boolean none = "none".equals(environment.get("OTEL_PROPAGATORS"));
    if (!on(environment)) {
      return new Tracing(null, none ? TextMapPropagator.noop() : W3C);
    }
    var properties = new LinkedHashMap<String, String>();
    environment.forEach(
        (name, value) -> {
          if (name.startsWith("OTEL_")) {
            properties.put(name.toLowerCase(java.util.Locale.ROOT).replace('_', '.'), value);
          }
        });
    properties.putIfAbsent("otel.service.name", service);
    // Micrometer has the metrics, and standard output the logs.
    properties.putIfAbsent("otel.metrics.exporter", "none");
    properties.putIfAbsent("otel.logs.exporter", "none");
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook()
              .addPropertiesCustomizer(config -> properties)
              .build()
              .getOpenTelemetrySdk();
      return new Tracing(sdk, sdk.getPropagators().getTextMapPropagator());
    } catch (ConfigurationException e) {
      throw new InvalidSettings(List.of("OTEL_*: " + e.getMessage()));
    }
  }

  /** No spans, and nobody's context. */
  public static Tracing off() {
    return new Tracing(null, TextMapPropagator.noop());
  }

  private static boolean on(Map<String, String> environment) {
    return !Boolean.parseBoolean(environment.get("OTEL_SDK_DISABLED"))
        && !"none".equals(environment.get("OTEL_TRACES_EXPORTER"))
        && ENABLING.stream().anyMatch(name -> !environment.getOrDefault(name, "").isBlank());
  }

  /** Whether spans are made at all. */
  public boolean on() {
    return sdk != null;
  }

  /** A span to be. */
  public SpanBuilder span(String name, SpanKind kind) {
    return tracer.spanBuilder(name).setSpanKind(kind);
  }

  /** The trace's headers in the current context, as an event keeps them; baggage is none. */
  public static Map<String, String> current() {
    return headers(Context.current());
  }

  /** The trace's headers in a context. */
  public static Map<String, String> headers(Context context) {
    if (!Span.fromContext(context).getSpanContext().isValid()) {
      return Map.of();
    }
    var headers = new LinkedHashMap<String, String>();
    W3C.inject(
        context,
        headers,
        (carrier, name, value) -> {
          if (carrier != null && !value.isEmpty() && value.length() <= MAX_STATE) {
            carrier.put(name, value);
          }
        });
    return headers;
  }

  /** Does something in the context that an event's headers tell of, if there are spans. */
  public void in(Map<String, String> headers, Runnable what) {
    if (!on()) {
      what.run();
      return;
    }
    try (var _ = context(headers).makeCurrent()) {
      what.run();
    }
  }

  /** The context that an event's or a message's headers tell of. */
  public static Context context(Map<String, String> headers) {
    return W3C.extract(Context.root(), headers, Headers.INSTANCE);
  }

  /**
   * Handles requests in the caller's context, in a span of their own if there are spans.
   *
   * @param route with names for what differs between requests
   */
  public Handler traced(String route, Handler handler) {
    return (req, res) -> {
      Context caller = callers.extract(Context.root(), req.headers(), Requests.INSTANCE);
      if (!on()) {
        try (var _ = caller.makeCurrent()) {
          handler.handle(req, res);
        }
        return;
      }
      String method = req.prologue().method().text();
      Span span =
          span(method + " " + route, SpanKind.SERVER)
              .setParent(caller)
              .setAttribute("http.request.method", method)
              .setAttribute("http.route", route)
              .startSpan();
      res.whenSent(
          () -> {
            int status = res.status().code();
            span.setAttribute("http.response.status_code", status);
            if (status >= 500) {
              span.setStatus(StatusCode.ERROR);
            }
            span.end();
          });
      try (var _ = span.makeCurrent();
          var _ = MDC.putCloseable(TRACE_ID, span.getSpanContext().getTraceId())) {
        handler.handle(req, res);
      }
    };
  }

  /**
   * Sends what has ended, and waits no longer than a second for a collector that does not answer.
   */
  @Override
  public void close() {
    if (sdk != null) {
      sdk.shutdown().join(1, TimeUnit.SECONDS);
    }
  }

  private enum Headers implements TextMapGetter<Map<String, String>> {
    INSTANCE;

    @Override
    public @Nullable String get(@Nullable Map<String, String> carrier, String key) {
      return carrier == null ? null : carrier.get(key);
    }
  }

  private enum Requests implements TextMapGetter<ServerRequestHeaders> {
    INSTANCE;

    /** Of two the standard says that neither counts. */
    @Override
    public @Nullable String get(@Nullable ServerRequestHeaders carrier, String key) {
      List<String> values = carrier == null ? List.of() : carrier.values(HeaderNames.create(key));
      return values.size() == 1 ? values.getFirst() : null;
    }
  }
}
