package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;

/** Where a row is, and whose it is. */
record Key(int slot, long id, String eventId, Aggregate aggregate) {}
