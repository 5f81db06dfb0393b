package io.outboxpipeline.consumer;

import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.receiver.ReceiverMetrics;
import io.outboxpipeline.runtime.Tracing;

/** Counts an applied event in its own trace, so that the latency's buckets name it. */
record TracedMetrics(ReceiverMetrics counted, Tracing tracing) implements ReceiverMetrics {
  @Override
  public void count(Count what, int by) {
    counted.count(what, by);
  }

  @Override
  public void applied(Event event) {
    tracing.in(event.headers(), () -> counted.applied(event));
  }
}
