package io.outboxpipeline.relay.backlog;

import java.time.Instant;
import java.util.Optional;

/**
 * What is in memory.
 *
 * @param rows events that are not acknowledged
 * @param bytes of their bodies
 * @param oldest when the oldest of them was written
 */
public record Summary(long rows, long bytes, Optional<Instant> oldest) {}
