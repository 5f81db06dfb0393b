package io.outboxpipeline.relay.source;

import io.outboxpipeline.outbox.Aggregate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event that waits to be sent, as it was read, already in the form in which it will go.
 *
 * @param slot its aggregate's
 * @param position where it is in its slot: means something to its source alone
 * @param epoch of the grant that it was read for
 * @param body the event's JSON; empty if there is a flaw
 * @param bytes of the body in UTF-8
 * @param flaw why it can never be sent, if so
 */
public record StoredEvent(
    int slot,
    long position,
    long epoch,
    Aggregate aggregate,
    long sequence,
    String eventId,
    String eventType,
    Instant createdAt,
    String body,
    int bytes,
    @Nullable String flaw) {}
