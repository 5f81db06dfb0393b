package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;
import java.util.Set;

/**
 * A slot's rows above an id, by id.
 *
 * @param limit rows at most
 * @param skip aggregates that are left: not counted, not read
 */
record SlotRead(int slot, long after, int limit, Set<Aggregate> skip) {}
