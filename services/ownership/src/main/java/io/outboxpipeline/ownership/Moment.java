package io.outboxpipeline.ownership;

/**
 * Now, by both of a member's clocks.
 *
 * @param nanos of the clock that only runs forward; all deadlines are on it
 * @param wallMillis of the wall clock; only how far it moved between two moments counts
 */
record Moment(long nanos, long wallMillis) {}
