package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;

/** An event that was recorded as never to be sent, by this relay or an earlier owner. */
record Held(Aggregate aggregate, long id, String eventId, Instant createdAt) {}
