package io.outboxpipeline.spring.boot;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import io.outboxpipeline.outbox.AppendInterceptor;
import io.outboxpipeline.outbox.EventAppender;
import io.outboxpipeline.outbox.NewEvent;
import io.outboxpipeline.outbox.Outbox.Appended;
import java.sql.Connection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts {@code traceparent} and {@code tracestate} of the current span into events that have none.
 * Other headers that a tracer would send, such as baggage, stay out: an event's headers are kept
 * and shown, and their names are bounded.
 */
final class TraceHeaders implements AppendInterceptor {
  private static final Set<String> NAMES = Set.of("traceparent", "tracestate");

  private final Supplier<@Nullable Tracer> tracer;
  private final Supplier<@Nullable Propagator> propagator;

  TraceHeaders(Supplier<@Nullable Tracer> tracer, Supplier<@Nullable Propagator> propagator) {
    this.tracer = tracer;
    this.propagator = propagator;
  }

  @Override
  public List<Appended> append(Connection transaction, List<NewEvent> events, EventAppender next) {
    Map<String, String> headers = current();
    return next.append(
        transaction,
        headers.isEmpty() ? events : events.stream().map(e -> with(e, headers)).toList());
  }

  private Map<String, String> current() {
    Tracer t = tracer.get();
    Propagator p = propagator.get();
    Span span = t == null ? null : t.currentSpan();
    if (span == null || p == null) {
      return Map.of();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    p.inject(
        span.context(),
        headers,
        (carrier, name, value) -> {
          if (carrier != null && NAMES.contains(name) && !value.isEmpty()) {
            carrier.put(name, value);
          }
        });
    return headers;
  }

  private static NewEvent with(NewEvent event, Map<String, String> headers) {
    if (event.headers().containsKey("traceparent")) {
      return event;
    }
    NewEvent more = event;
    for (var header : headers.entrySet()) {
      more = more.withHeader(header.getKey(), header.getValue());
    }
    return more;
  }
}
