package io.outboxpipeline.operator;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.status.OwnedPartitions;
import io.outboxpipeline.operator.status.Relays;
import io.outboxpipeline.ownership.PipelineStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * What the operator knows of each pipeline, for alerts that need no component's own. Thread-safe.
 */
final class PipelineMetrics {
  private static final List<String> STATUSES = List.of("True", "False", "Unknown");

  private final MeterRegistry registry;
  private final ConcurrentHashMap<ResourceID, Shown> pipelines = new ConcurrentHashMap<>();

  PipelineMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Shows a pipeline as it is now. */
  void show(ResourceID id, OutboxPipelineStatus status, OwnedPartitions partitions) {
    pipelines.computeIfAbsent(id, Shown::new).set(status, partitions);
  }

  /** To be told of pipelines that are gone. */
  void forget(ResourceID id) {
    Shown gone = pipelines.remove(id);
    if (gone != null) {
      gone.meters.forEach(registry::remove);
    }
  }

  private final class Shown {
    private final Tags tags;
    private final List<Meter> meters = new ArrayList<>();
    private final Set<String> types = new HashSet<>();
    private volatile OutboxPipelineStatus status = OutboxPipelineStatus.EMPTY;
    private volatile OwnedPartitions partitions = new OwnedPartitions.Unknown();

    Shown(ResourceID id) {
      tags = Tags.of("namespace", id.getNamespace().orElse(""), "pipeline", id.getName());
      numbers(
          "outboxpipeline.backlog.events",
          "Events that wait in the outbox, as the relays counted last",
          tags,
          s -> new Relays(s.partitions).backlog().orElse(0L));
      numbers(
          "outboxpipeline.backlog.oldest.seconds",
          "Age of the oldest of them",
          tags,
          s -> new Relays(s.partitions).oldest());
      numbers(
          "outboxpipeline.held.aggregates",
          "Aggregates that wait for a person, because an event of theirs can't be sent",
          tags,
          s -> new Relays(s.partitions).held());
      partitions("owned", PipelineStatus::owned);
      partitions("moving", PipelineStatus::moving);
      partitions("unowned", PipelineStatus::unowned);
    }

    synchronized void set(OutboxPipelineStatus now, OwnedPartitions observed) {
      status = now;
      partitions = observed;
      for (var condition : now.conditions()) {
        if (types.add(condition.getType())) {
          STATUSES.forEach(s -> condition(condition.getType(), s));
        }
      }
    }

    private void condition(String type, String of) {
      numbers(
          "outboxpipeline.condition",
          "1 for the status that a condition has; 0 for all while it is left out",
          tags.and("type", type, "status", of),
          s -> s.status.condition(type).filter(c -> c.getStatus().equals(of)).isPresent() ? 1 : 0);
    }

    private void partitions(String state, ToDoubleFunction<PipelineStatus> count) {
      numbers(
          "outboxpipeline.partitions",
          "OwnedPartitions of a pipeline with leases in Kubernetes, by state",
          tags.and("state", state),
          s ->
              s.partitions instanceof OwnedPartitions.Observed(PipelineStatus seen, var lasting)
                  ? count.applyAsDouble(seen)
                  : 0);
    }

    private void numbers(String name, String words, Tags with, ToDoubleFunction<Shown> number) {
      meters.add(
          Gauge.builder(name, this, number).description(words).tags(with).register(registry));
    }
  }
}
