package io.outboxpipeline.console.model;

import java.time.Duration;
import java.time.InstantSource;

/**
 * One pipeline, and what is kept about it while the console runs.
 *
 * @param flow for all who look, as are slots and problems: the services are asked once for all
 * @param namespace of its resource; empty if not known
 * @param resource the resource's name
 */
public record Desk(
    Pipeline pipeline,
    Kept<Flow> flow,
    Kept<SlotMap> slots,
    Kept<Problems> problems,
    Actions actions,
    String namespace,
    String resource) {
  private static final Duration MOMENT = Duration.ofMillis(900);

  /** Long lists take the services a while. */
  private static final Duration LONGER = Duration.ofSeconds(5);

  /** What is to be kept about a pipeline. */
  static Desk of(
      Pipeline pipeline, InstantSource clock, Duration pause, String namespace, String resource) {
    var meter = new FlowMeter(pipeline, clock);
    return new Desk(
        pipeline,
        new Kept<>(meter::read, MOMENT),
        new Kept<>(() -> SlotMap.of(pipeline), MOMENT),
        new Kept<>(() -> Problems.of(pipeline), LONGER),
        new Actions(pipeline, clock, pause),
        namespace,
        resource);
  }
}
