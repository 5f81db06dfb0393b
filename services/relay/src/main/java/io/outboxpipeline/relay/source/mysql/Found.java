package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.relay.source.StoredEvent;
import java.util.List;

/**
 * What was found for one read.
 *
 * @param complete whether there was no more than this
 * @param upTo the highest id that was looked at; what was asked for above, if nothing was
 */
record Found(List<StoredEvent> events, boolean complete, long upTo) {}
