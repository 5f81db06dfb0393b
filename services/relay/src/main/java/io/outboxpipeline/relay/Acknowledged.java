package io.outboxpipeline.relay;

/** A row that SQS has, to be deleted as long as its partition is in this epoch. */
record Acknowledged(int slot, long id, int partition, long epoch) {}
