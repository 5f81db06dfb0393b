package io.outboxpipeline.runtime;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import org.jspecify.annotations.Nullable;

/** Tells histograms which trace a measured value belongs to, if it is one that is exported. */
final class CurrentSpan implements io.prometheus.metrics.tracer.common.SpanContext {

  private static SpanContext now() {
    return Span.current().getSpanContext();
  }

  @Override
  public @Nullable String getCurrentTraceId() {
    SpanContext now = now();
    return now.isValid() ? now.getTraceId() : null;
  }

  @Override
  public @Nullable String getCurrentSpanId() {
    SpanContext now = now();
    return now.isValid() ? now.getSpanId() : null;
  }

  @Override
  public boolean isCurrentSpanSampled() {
    return now().isSampled();
  }

  @Override
  public void markCurrentSpanAsExemplar() {
    // Whether a span is exported was decided when it began.
  }
}
