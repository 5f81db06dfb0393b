package io.outboxpipeline.relay.source.mysql;

import io.outboxpipeline.outbox.Aggregate;

/** An aggregate's rows from one id to another, both included, by id. */
record LaneRead(Aggregate aggregate, long from, long to, int limit) {}
