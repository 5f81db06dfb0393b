package io.outboxpipeline.ownership;

/**
 * One partition, owned in one epoch. No two grants of a partition ever have the same epoch.
 *
 * @param epoch what the fence holds as long as this grant is the newest
 */
public record Grant(int partition, SlotRange slots, long epoch) {}
