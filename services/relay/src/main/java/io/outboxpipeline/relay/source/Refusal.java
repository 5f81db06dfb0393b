package io.outboxpipeline.relay.source;

import java.util.List;

/**
 * An event that can never be sent. It holds its aggregate, whose other events in memory go back to
 * their source.
 *
 * @param returned the events in memory that follow it
 */
public record Refusal(
    StoredEvent event, String reason, int partition, long epoch, List<StoredEvent> returned) {}
