package io.outboxpipeline.relay.source.mysql;

/** A row that the queue has, to be deleted as long as its partition is in this epoch. */
record Done(int slot, long id, String eventId, int partition, long epoch) {}
