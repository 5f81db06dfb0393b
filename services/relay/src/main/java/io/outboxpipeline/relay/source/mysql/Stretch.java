package io.outboxpipeline.relay.source.mysql;

/** Part of a slot: ids above one and up to another. */
record Stretch(int slot, long after, long to) {}
