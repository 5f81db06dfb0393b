package io.outboxpipeline.consumer;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.outboxpipeline.inbox.EventHandler;
import io.outboxpipeline.inbox.RejectedEventException;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.runtime.Tracing;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Applies each run in a span for each event, which continues the trace of the request that the
 * event tells of. A run that fails is tried again in other parts, in spans of their own.
 */
final class TracedHandler implements EventHandler {
  private final EventHandler handler;
  private final Tracing tracing;

  private TracedHandler(EventHandler handler, Tracing tracing) {
    this.handler = handler;
    this.tracing = tracing;
  }

  /** The handler itself where there are no spans. */
  static EventHandler of(EventHandler handler, Tracing tracing) {
    return tracing.on() ? new TracedHandler(handler, tracing) : handler;
  }

  @Override
  public void apply(Connection transaction, List<Event> run)
      throws SQLException, RejectedEventException {
    List<Span> spans = run.stream().map(this::begin).toList();
    boolean done = false;
    try {
      handler.apply(transaction, run);
      done = true;
    } finally {
      for (Span span : spans) {
        if (!done) {
          span.setStatus(StatusCode.ERROR);
        }
        span.end();
      }
    }
  }

  private Span begin(Event event) {
    return tracing
        .span("process " + event.type(), SpanKind.CONSUMER)
        .setParent(Tracing.context(event.headers()))
        .setAttribute("messaging.system", "aws_sqs")
        .setAttribute("messaging.operation.type", "process")
        .setAttribute("messaging.operation.name", "process")
        .setAttribute("cloudevents.event_id", event.id().toString())
        .setAttribute("cloudevents.event_type", event.type())
        .startSpan();
  }
}
