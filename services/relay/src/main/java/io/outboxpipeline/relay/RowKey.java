package io.outboxpipeline.relay;

/** A row's primary key. */
record RowKey(int slot, long id) {}
