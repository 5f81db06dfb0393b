package io.outboxpipeline.relay.source.dynamodb;

import io.outboxpipeline.dynamodb.PendingEvent;
import io.outboxpipeline.outbox.Aggregate;
import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.relay.source.StoredEvent;
import java.net.URI;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Makes of an element what is sent.
 *
 * @param source what the events say they come from
 */
record EventMaker(Supplier<URI> source) {

  StoredEvent make(PendingEvent element, Aggregate aggregate, long sequence, long epoch) {
    String body = "";
    String flaw = null;
    try {
      body = CloudEventsCodec.encode(element.event(aggregate, sequence), source.get(), epoch);
    } catch (RuntimeException e) {
      flaw = e.getMessage() == null ? e.toString() : e.getMessage();
    }
    return new StoredEvent(
        aggregate.slot(),
        sequence,
        epoch,
        aggregate,
        sequence,
        element.id(),
        element.type(),
        element.at().orElse(Instant.EPOCH),
        body,
        CloudEventsCodec.size(body),
        flaw);
  }
}
