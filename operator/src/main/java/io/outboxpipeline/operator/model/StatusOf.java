package io.outboxpipeline.operator.model;

import static io.outboxpipeline.operator.model.Conditions.Status.False;
import static io.outboxpipeline.operator.model.Conditions.Status.True;
import static io.outboxpipeline.operator.model.Conditions.Status.Unknown;

import io.fabric8.kubernetes.api.model.Condition;
import io.outboxpipeline.operator.api.BacklogStatus;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.api.PartitionsStatus;
import io.outboxpipeline.operator.api.QueueBinding;
import io.outboxpipeline.operator.api.QueueStatus;
import io.outboxpipeline.operator.api.RelayStatus;
import io.outboxpipeline.operator.api.WorkloadStatus;
import io.outboxpipeline.ownership.PipelineStatus;
import io.outboxpipeline.ownership.PipelineStatus.Member;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The status that follows from what was found. */
public final class StatusOf {
  /** Types of conditions. */
  public static final String READY = "Ready";

  public static final String QUEUE_READY = "QueueReady";
  public static final String DATABASE_READY = "DatabaseReady";
  public static final String PARTITIONS_OWNED = "PartitionsOwned";
  public static final String PROGRESSING = "Progressing";
  public static final String PAUSED = "Paused";

  private static final String AVAILABLE = "Available";

  private final OutboxPipeline pipeline;
  private final OutboxPipelineSpec spec;
  private final Found found;
  private final Optional<BoundQueue> queue;
  private final Conditions conditions;
  private final String step;

  private StatusOf(
      OutboxPipeline pipeline, Found found, Optional<BoundQueue> queue, String step, Instant now) {
    this.pipeline = pipeline;
    this.spec = pipeline.getSpec();
    this.found = found;
    this.queue = queue;
    this.step = step;
    conditions =
        new Conditions(
            pipeline.status(),
            Optional.ofNullable(pipeline.getMetadata().getGeneration()).orElse(0L),
            now);
  }

  /**
   * Of a pipeline that is to run.
   *
   * @param queue what relay and consumer were told
   */
  public static OutboxPipelineStatus running(
      OutboxPipeline pipeline, Found found, Optional<BoundQueue> queue, Instant now) {
    return new StatusOf(pipeline, found, queue, "", now).status();
  }

  /**
   * Of a pipeline that is being deleted.
   *
   * @param step what is waited for
   */
  public static OutboxPipelineStatus ending(
      OutboxPipeline pipeline, Found found, Optional<BoundQueue> queue, String step, Instant now) {
    return new StatusOf(pipeline, found, queue, step, now).status();
  }

  private OutboxPipelineStatus status() {
    queueReady();
    databaseReady();
    partitionsOwned();
    var types = new ArrayList<>(List.of(QUEUE_READY));
    boolean complete = found.refused().isEmpty();
    for (Component component : Component.values()) {
      if (Components.spec(spec, component).isPresent()) {
        complete &= available(component);
        types.add(component.title() + AVAILABLE);
      }
    }
    if (spec.paused()) {
      conditions.set(
          PAUSED, True, "Paused", "relays are stopped; set spec.paused to false to go on");
    } else {
      conditions.set(PAUSED, False, "NotPaused", "events flow");
    }
    progressing(complete);
    ready(types);
    return new OutboxPipelineStatus(
        pipeline.getMetadata().getGeneration(),
        conditions.all(),
        queueStatus(),
        workload(Component.BASE),
        relay(),
        workload(Component.CONSUMER));
  }

  private void queueReady() {
    switch (found.queue()) {
      case QueueState.Ready(BoundQueue ready) ->
          conditions.set(QUEUE_READY, True, "QueueReady", ready.name() + " is as described");
      case QueueState.Failed(String reason, String message) ->
          conditions.set(QUEUE_READY, False, reason, message);
    }
  }

  private void databaseReady() {
    List<String> missing = References.missing(spec, found.sources());
    if (!missing.isEmpty()) {
      conditions.set(
          DATABASE_READY,
          False,
          "SecretMissing",
          "create the Secret " + String.join(", ", missing) + " in this namespace");
      return;
    }
    List<String> said =
        members().map(m -> m.report().values().getOrDefault("database", "")).toList();
    Optional<String> trouble =
        said.stream().filter(s -> !s.isEmpty() && !s.equals("ok")).findFirst();
    if (trouble.isPresent()) {
      conditions.set(
          DATABASE_READY, False, "DatabaseUnreachable", "a relay says: " + trouble.get());
    } else if (said.contains("ok")) {
      conditions.set(DATABASE_READY, True, "DatabaseReady", "all relays can use it");
    } else {
      conditions.set(DATABASE_READY, Unknown, "NotReported", "no relay has said anything yet");
    }
  }

  private Stream<Member> members() {
    return members(found.partitions());
  }

  private static Stream<Member> members(Partitions partitions) {
    return switch (partitions) {
      case Partitions.Observed(PipelineStatus status) ->
          status.members().values().stream().filter(Member::alive);
      case Partitions.Unknown() -> Stream.of();
      case Partitions.InDatabase() -> Stream.of();
    };
  }

  private void partitionsOwned() {
    switch (found.partitions()) {
      case Partitions.InDatabase() ->
          conditions.set(
              PARTITIONS_OWNED,
              Unknown,
              "LeasesInDatabase",
              "the leases are in the database; each relay's /metrics tells what it owns");
      case Partitions.Unknown() ->
          conditions.set(PARTITIONS_OWNED, Unknown, "NotObserved", "the leases were not read yet");
      case Partitions.Observed(PipelineStatus status) -> {
        if (status.repartitioning() || status.partitions() != spec.relay().partitions()) {
          conditions.set(
              PARTITIONS_OWNED,
              False,
              "Repartitioning",
              "relays change over to " + spec.relay().partitions() + " partitions");
        } else if (status.unowned() > 0) {
          conditions.set(
              PARTITIONS_OWNED,
              False,
              "PartitionsUnowned",
              String.format(
                  Locale.ROOT,
                  "%d of %d partitions have no relay: their events wait",
                  status.unowned(),
                  status.partitions()));
        } else {
          conditions.set(PARTITIONS_OWNED, True, "AllOwned", "every partition has a relay");
        }
      }
    }
  }

  /** Sets the component's condition; tells whether it is rolled out completely. */
  private boolean available(Component component) {
    String type = component.title() + AVAILABLE;
    var deployment = found.deployments().get(component);
    if (deployment == null) {
      if (component == Component.BASE || queue.isPresent()) {
        conditions.set(type, False, "NotCreated", "its Deployment does not exist yet");
      } else {
        conditions.set(type, False, "WaitsForQueue", "it starts once the queue was found");
      }
      return false;
    }
    Rollout rollout = Rollout.of(deployment);
    if (rollout.serves()) {
      conditions.set(type, True, AVAILABLE, rollout.ready() + " pods are ready");
    } else if (rollout.wanted() == 0) {
      boolean paused = component == Component.RELAY && spec.paused();
      conditions.set(type, False, paused ? "Paused" : "ScaledToZero", "no pods are wanted");
    } else {
      conditions.set(
          type,
          False,
          "PodsNotReady",
          "no pod of the present spec is ready; kubectl describe pods -l " + selector(component));
    }
    return rollout.complete();
  }

  private void progressing(boolean complete) {
    if (!step.isEmpty()) {
      conditions.set(PROGRESSING, True, "Deleting", step);
    } else if (!found.refused().isEmpty()) {
      conditions.set(PROGRESSING, False, "ObjectRefused", found.refused());
    } else if (complete) {
      conditions.set(PROGRESSING, False, "Complete", "everything is as the spec says");
    } else {
      conditions.set(PROGRESSING, True, "RollingOut", "pods are on their way");
    }
  }

  private void ready(List<String> needed) {
    needed.add(0, DATABASE_READY);
    needed.add(PARTITIONS_OWNED);
    Optional<Condition> obstacle =
        needed.stream()
            .flatMap(t -> conditions.firstNotTrue(List.of(t)).stream())
            .filter(c -> !isNothingKnownOfOthersLeases(c))
            .findFirst();
    if (!step.isEmpty()) {
      conditions.set(READY, False, "Deleting", step);
    } else if (spec.paused()) {
      conditions.set(READY, False, "Paused", "events wait in the outbox");
    } else if (!found.refused().isEmpty()) {
      conditions.set(READY, False, "ObjectRefused", found.refused());
    } else if (obstacle.isPresent()) {
      conditions.set(READY, False, obstacle.get().getReason(), obstacle.get().getMessage());
    } else {
      conditions.set(READY, True, "Ready", "an event written now reaches the consumer");
    }
  }

  /** With leases in the database, relays tell by their readiness what can't be seen from here. */
  private boolean isNothingKnownOfOthersLeases(Condition condition) {
    return found.partitions() instanceof Partitions.InDatabase
        && condition.getStatus().equals(Unknown.name());
  }

  private @Nullable QueueStatus queueStatus() {
    if (queue.isEmpty()) {
      return null;
    }
    BoundQueue bound = queue.get();
    var bindings = new ArrayList<QueueBinding>();
    bindings.add(new QueueBinding(Component.RELAY.label(), QueueBinding.Access.Send));
    if (spec.optionalConsumer().isPresent()) {
      bindings.add(new QueueBinding(Component.CONSUMER.label(), QueueBinding.Access.Receive));
    }
    return new QueueStatus(
        bound.name(),
        bound.url(),
        bound.arn().orElse(null),
        bound.deadLetterUrl().orElse(null),
        bound.deadLetterArn().orElse(null),
        bindings);
  }

  private @Nullable WorkloadStatus workload(Component component) {
    var deployment = found.deployments().get(component);
    if (deployment == null) {
      return null;
    }
    Rollout rollout = Rollout.of(deployment);
    return new WorkloadStatus(rollout.replicas(), rollout.ready(), rollout.image());
  }

  private RelayStatus relay() {
    var deployment = found.deployments().get(Component.RELAY);
    Optional<Rollout> rollout = Optional.ofNullable(deployment).map(Rollout::of);
    return new RelayStatus(
        rollout.map(Rollout::replicas).orElse(0),
        rollout.map(Rollout::ready).orElse(0),
        rollout.map(Rollout::image).orElse(""),
        selector(Component.RELAY),
        switch (found.partitions()) {
          case Partitions.Observed(PipelineStatus s) ->
              new PartitionsStatus(
                  s.partitions(),
                  s.owned(),
                  s.moving(),
                  s.unowned(),
                  s.owned() + "/" + s.partitions());
          case Partitions.Unknown() -> null;
          case Partitions.InDatabase() -> null;
        },
        backlog());
  }

  private @Nullable BacklogStatus backlog() {
    Optional<Long> events = backlog(found.partitions());
    if (events.isEmpty()) {
      return null;
    }
    long oldest = members().mapToLong(m -> number(m, "oldest-seconds")).max().orElse(0);
    return new BacklogStatus(Rounding.events(events.get()), Rounding.age(oldest));
  }

  private static long number(Member member, String name) {
    String value = member.report().values().getOrDefault(name, "0");
    return value.matches("[0-9]{1,15}") ? Long.parseLong(value) : 0;
  }

  private String selector(Component component) {
    return Names.selector(pipeline, component).entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }

  /** How many events wait, of all relays that said so. */
  public static Optional<Long> backlog(Partitions partitions) {
    List<Member> saying =
        members(partitions).filter(m -> m.report().values().containsKey("backlog")).toList();
    return saying.isEmpty()
        ? Optional.empty()
        : Optional.of(saying.stream().mapToLong(m -> number(m, "backlog")).sum());
  }
}
