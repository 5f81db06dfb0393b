package io.outboxpipeline.relay.source;

import java.util.List;

/**
 * Events of one aggregate that the queue has.
 *
 * @param epoch of the grant of the partition that they were sent for
 */
public record Sent(int partition, long epoch, List<StoredEvent> events) {}
