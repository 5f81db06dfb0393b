package io.outboxpipeline.inbox;

import java.time.Instant;

/**
 * A chain whose parked events wait for one that has not arrived.
 *
 * @param missing the first number that is missing
 * @param parked how many events wait
 * @param since when they began to wait for this number, by the database's clock
 */
public record Waiting(Chain chain, long missing, long parked, Instant since) {}
