package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.time.Instant;

/**
 * An event that the handler rejected; its chain stands still until it is retried or discarded.
 *
 * @param event whole, as it was received
 * @param reason what the handler said
 * @param waiting how many later events of the chain wait behind it
 * @param since when it was received, by the database's clock
 */
public record Held(Chain chain, Event event, String reason, long waiting, Instant since) {}
