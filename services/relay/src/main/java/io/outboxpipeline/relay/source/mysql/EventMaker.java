package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.CloudEventsCodec;
import io.outboxpipeline.relay.source.StoredEvent;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Makes of rows what is sent.
 *
 * @param source what the events say they come from, which may have to be asked for
 * @param maxBytes of a payload that is worth reading: a larger one can't be sent
 */
record EventMaker(SourceName source, int maxBytes) {

  StoredEvent make(RawRow raw, long epoch, URI from) {
    String body = "";
    String flaw = null;
    byte[] payload = raw.payload();
    if (payload == null) {
      flaw = "too large: a payload of " + raw.length() + " bytes";
    } else {
      try {
        body = CloudEventsCodec.encode(raw.event(payload), from, epoch);
      } catch (RuntimeException e) {
        flaw = e.getMessage() == null ? e.toString() : e.getMessage();
      }
    }
    return event(raw, epoch, body, flaw);
  }

  private static StoredEvent event(RawRow raw, long epoch, String body, @Nullable String flaw) {
    return new StoredEvent(
        raw.slot(),
        raw.id(),
        epoch,
        raw.aggregate(),
        raw.sequence(),
        raw.eventId(),
        raw.eventType(),
        raw.createdAt(),
        body,
        CloudEventsCodec.size(body),
        flaw);
  }
}
