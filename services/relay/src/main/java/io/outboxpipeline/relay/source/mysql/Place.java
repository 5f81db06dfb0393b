package io.outboxpipeline.relay.source.mysql;

/** A row's primary key. */
record Place(int slot, long id) {}
