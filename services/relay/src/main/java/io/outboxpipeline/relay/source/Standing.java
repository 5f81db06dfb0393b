package io.outboxpipeline.relay.source;

import java.time.Instant;
import java.util.Optional;

/**
 * How a source stands.
 *
 * @param waiting events of the followed partitions, counted now and then, up to 100,000
 * @param held aggregates that an event holds which can never be sent
 * @param oldestHeld when the oldest of these events was written
 * @param unrecorded events that were sent and are not recorded as such yet
 */
public record Standing(long waiting, int held, Optional<Instant> oldestHeld, int unrecorded) {}
