package io.outboxpipeline.console.model;

/**
 * One pipeline, and what is kept about it while the console runs.
 *
 * @param namespace of its resource; empty if not known
 * @param resource the resource's name
 */
public record Desk(
    Pipeline pipeline, FlowMeter flow, Actions actions, String namespace, String resource) {}
