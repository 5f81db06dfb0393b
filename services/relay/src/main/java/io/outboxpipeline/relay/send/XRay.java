package io.outboxpipeline.relay.send;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.runtime.Tracing;
import java.util.Optional;

/**
 * The header by which AWS X-Ray and Lambda continue a trace. X-Ray has taken every W3C trace id
 * since October 2023; before, the first eight digits had to be a time. Without state.
 */
final class XRay {
  private XRay() {}

  /** Of the events' own trace; none if they have none, or are of several traces. */
  static Optional<String> header(Message message) {
    SpanContext found = SpanContext.getInvalid();
    for (StoredEvent stored : message.events()) {
      SpanContext context = context(stored);
      if (!context.isValid()
          || (found.isValid() && !found.getTraceId().equals(context.getTraceId()))) {
        return Optional.empty();
      }
      found = context;
    }
    return found.isValid() ? Optional.of(header(found)) : Optional.empty();
  }

  private static SpanContext context(StoredEvent stored) {
    return CloudEventsCodec.decodeEach(stored.body()).stream()
        .filter(item -> item instanceof Received)
        .map(item -> Tracing.context(((Received) item).event().headers()))
        .map(context -> Span.fromContext(context).getSpanContext())
        .findFirst()
        .orElseGet(SpanContext::getInvalid);
  }

  private static String header(SpanContext context) {
    String trace = context.getTraceId();
    return "Root=1-%s-%s;Parent=%s;Sampled=%s"
        .formatted(
            trace.substring(0, 8),
            trace.substring(8),
            context.getSpanId(),
            context.isSampled() ? "1" : "0");
  }
}
