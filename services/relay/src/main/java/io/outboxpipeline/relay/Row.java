package io.outboxpipeline.relay;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One row of the outbox as it was read, already in the form in which it will be sent.
 *
 * @param body the event's JSON; empty if there is a flaw
 * @param bytes of the body in UTF-8
 * @param flaw why this row can never be sent, if so
 */
record Row(
    int slot,
    long id,
    Aggregate aggregate,
    long sequence,
    String eventId,
    String eventType,
    Instant createdAt,
    String body,
    int bytes,
    @Nullable String flaw) {}
