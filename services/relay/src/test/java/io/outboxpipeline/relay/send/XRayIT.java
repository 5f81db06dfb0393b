package io.outboxpipeline.relay.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.outbox.Event;
import io.outboxpipeline.relay.backlog.Message;
import io.outboxpipeline.relay.source.StoredEvent;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** Whether a message carries its events' trace in the form that X-Ray and Lambda continue. */
final class XRayIT {
  private static final Aggregate AGGREGATE = new Aggregate("type", "id");
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String HEADER =
      "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";

  @Test
  void a_message_carries_the_trace_of_its_events_where_that_is_wanted() {
    String traced = "00-" + TRACE + "-00f067aa0ba902b7-01";
    assertThat(received(false, traced)).isNull();
    assertThat(received(true, traced)).isEqualTo(HEADER);
    assertThat(received(true, "00-" + TRACE + "-00f067aa0ba902b7-00")).endsWith("Sampled=0");
    assertThat(received(true, "")).as("no trace").isNull();
    assertThat(received(true, traced, traced)).as("a pack of one trace").isEqualTo(HEADER);
    String other = "00-" + TRACE.replace('4', '5') + "-00f067aa0ba902b7-01";
    assertThat(received(true, traced, other)).as("a pack of several traces").isNull();
    assertThat(received(true, traced, "")).isNull();
  }

  private static StoredEvent event(String traceparent) {
    var event =
        new Event(
            UUID.randomUUID(),
            AGGREGATE,
            1,
            "made",
            Instant.EPOCH,
            Event.JSON,
            new byte[] {'{', '}'},
            traceparent.isEmpty() ? Map.of() : Map.of("traceparent", traceparent));
    String body = CloudEventsCodec.encode(event, URI.create("/outbox/test"), 1);
    return new StoredEvent(
        0, 1, 1, AGGREGATE, 1, event.id().toString(), "made", Instant.EPOCH, body, 2, null);
  }

  private static @Nullable String received(boolean xray, String... traceparents) {
    var message =
        new Message(AGGREGATE, Stream.of(traceparents).map(XRayIT::event).toList(), 0, 1, 2);
    return Arrival.of(message, false, xray, MessageSystemAttributeName.AWS_TRACE_HEADER)
        .attribute();
  }
}
