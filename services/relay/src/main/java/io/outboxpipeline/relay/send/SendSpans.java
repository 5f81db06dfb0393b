package io.outboxpipeline.relay.send;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.CloudEventsCodec.Item;
import io.outboxpipeline.outbox.CloudEventsCodec.Received;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.send.SendResult.Answered;
import io.outboxpipeline.relay.send.SendResult.Entry;
import io.outboxpipeline.relay.send.SendResult.Failed;
import io.outboxpipeline.relay.send.SendResult.Refused;
import io.outboxpipeline.relay.source.StoredEvent;
import io.outboxpipeline.runtime.Tracing;
import java.util.List;
import java.util.Objects;

/**
 * A span for each message of a request, with a link to each of its events' own contexts: a pack has
 * events of many traces, so it is a part of none.
 */
final class SendSpans {
  private static final SendSpans NONE = new SendSpans(List.of());
  private static final AttributeKey<String> EVENT = AttributeKey.stringKey("cloudevents.event_id");

  private final List<Span> spans;

  private SendSpans(List<Span> spans) {
    this.spans = spans;
  }

  static SendSpans begin(Tracing tracing, String queueUrl, List<Message> messages) {
    if (!tracing.on()) {
      return NONE;
    }
    String queue = queueUrl.substring(queueUrl.lastIndexOf('/') + 1);
    return new SendSpans(messages.stream().map(m -> begin(tracing, queue, m)).toList());
  }

  private static Span begin(Tracing tracing, String queue, Message message) {
    Span span =
        tracing
            .span("send " + queue, SpanKind.PRODUCER)
            .setNoParent()
            .setAttribute("messaging.system", "aws_sqs")
            .setAttribute("messaging.operation.type", "send")
            .setAttribute("messaging.operation.name", "send")
            .setAttribute("messaging.destination.name", queue)
            .setAttribute("messaging.batch.message_count", (long) message.events().size())
            .startSpan();
    if (span.isRecording()) {
      message.events().forEach(e -> link(span, e));
    }
    return span;
  }

  private static void link(Span span, StoredEvent stored) {
    for (Item item : CloudEventsCodec.decodeEach(stored.body())) {
      if (item instanceof Received received) {
        SpanContext of =
            Span.fromContext(Tracing.context(received.event().headers())).getSpanContext();
        if (of.isValid()) {
          span.addLink(of, Attributes.of(EVENT, stored.eventId()));
        }
      }
    }
  }

  /** For the messages in their order, or empty. */
  List<String> traceparents() {
    return spans.stream()
        .map(s -> Tracing.headers(Context.root().with(s)).get("traceparent"))
        .filter(Objects::nonNull)
        .toList();
  }

  /** Counts something in a message's span, so that a histogram's buckets name its trace. */
  void in(int message, Runnable what) {
    if (spans.isEmpty()) {
      what.run();
      return;
    }
    try (var _ = spans.get(message).makeCurrent()) {
      what.run();
    }
  }

  void end(SendResult result) {
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      switch (result) {
        case Answered(List<Entry> entries) -> {
          switch (entries.get(i)) {
            case Entry.Sent(String id) -> span.setAttribute("messaging.message.id", id);
            case Entry.Failed(String reason) -> span.setStatus(StatusCode.ERROR, reason);
            case Entry.Refused(String reason) -> span.setStatus(StatusCode.ERROR, reason);
          }
        }
        case Failed(String reason) -> span.setStatus(StatusCode.ERROR, reason);
        case Refused(String reason) -> span.setStatus(StatusCode.ERROR, reason);
      }
      span.end();
    }
  }
}
