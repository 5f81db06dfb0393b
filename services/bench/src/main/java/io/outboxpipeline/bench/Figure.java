package io.outboxpipeline.bench;

/**
 * One number.
 *
 * @param name small letters and hyphens, unique within the scenario
 * @param unit such as {@code events/s}
 */
record Figure(String name, double value, String unit) {}
