package io.outboxpipeline.inbox;

import io.outboxpipeline.outbox.Event;
import java.time.Instant;

/**
 * An event whose number another event of the chain had; its chain stands still until it is applied
 * or discarded.
 *
 * @param event whole, as it was received
 * @param reason which event had its number
 * @param since when it was received, by the database's clock
 */
public record Conflicting(Chain chain, Event event, String reason, Instant since) {}
