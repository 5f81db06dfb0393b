package io.outboxpipeline.operator.status;

import static io.outboxpipeline.operator.status.Conditions.Status.False;
import static io.outboxpipeline.operator.status.Conditions.Status.True;
import static io.outboxpipeline.operator.status.Conditions.Status.Unknown;

import io.fabric8.kubernetes.api.model.Condition;
import io.outboxpipeline.operator.api.BacklogStatus;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.api.PartitionsStatus;
import io.outboxpipeline.operator.api.QueueBinding;
import io.outboxpipeline.operator.api.QueueStatus;
import io.outboxpipeline.operator.api.RelayStatus;
import io.outboxpipeline.operator.api.WorkloadSpec;
import io.outboxpipeline.operator.api.WorkloadStatus;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Components;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.ownership.PipelineStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  /** As kstatus reads it: something is on its way. */
  public static final String RECONCILING = "Reconciling";

  /** As kstatus reads it: it can't go on before a person has done something. */
  public static final String STALLED = "Stalled";

  public static final String DATABASE_CLAIMED = "DatabaseClaimed";
  public static final String PAUSED = "Paused";

  private static final String AVAILABLE = "Available";

  /** Why a queue is not ready, where trying again does not help. */
  private static final Set<String> STALLING =
      Set.of("QueueNotOurs", "QueueNotAllowed", "QueueRefused", "QueueAccessDenied");

  private final OutboxPipeline pipeline;
  private final OutboxPipelineSpec spec;
  private final Found found;
  private final Optional<BoundQueue> queue;
  private final Conditions conditions;
  private final Relays relays;
  private final Flow flow;
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
    relays = new Relays(found.partitions());
    flow = new Flow(spec, found, relays, conditions);
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
    conditions.set(
        DATABASE_CLAIMED,
        found.claim().isEmpty() ? True : False,
        found.claim().map(Trouble::reason).orElse("Claimed"),
        found.claim().map(Trouble::message).orElse("no other pipeline of the cluster reads it"));
    flow.queueReady();
    flow.databaseReady();
    flow.partitionsOwned();
    var needed = new ArrayList<>(List.of(DATABASE_CLAIMED, DATABASE_READY, QUEUE_READY));
    boolean complete = true;
    for (Component component : Component.values()) {
      if (Components.spec(spec, component).isPresent()) {
        complete &= available(component);
        // Events flow past a base that is stopped on purpose: others write them, too.
        if (component != Component.BASE || !isStopped(component)) {
          needed.add(component.title() + AVAILABLE);
        }
      }
    }
    needed.add(PARTITIONS_OWNED);
    if (spec.paused()) {
      conditions.set(
          PAUSED, True, "Paused", "relays are stopped; set spec.paused to false to go on");
    } else {
      conditions.set(PAUSED, False, "NotPaused", "events flow");
    }
    progress(complete);
    ready(needed);
    return new OutboxPipelineStatus(
        pipeline.getMetadata().getGeneration(),
        conditions.all(),
        queueStatus(),
        workload(Component.BASE),
        relay(),
        workload(Component.CONSUMER));
  }

  /** Sets the component's condition; tells whether it is rolled out completely. */
  private boolean available(Component component) {
    String type = component.title() + AVAILABLE;
    var deployment = found.deployments().get(component);
    if (deployment == null) {
      if (found.claim().isPresent()) {
        conditions.set(type, False, found.claim().get().reason(), "it does not start");
      } else if (component == Component.BASE || queue.isPresent()) {
        conditions.set(type, False, "NotCreated", "its Deployment does not exist yet");
      } else {
        conditions.set(type, False, "WaitsForQueue", "it starts once the queue was found");
      }
      return false;
    }
    Rollout rollout = Rollout.of(deployment);
    Trouble trouble = found.troubles().get(component);
    if (rollout.serves()) {
      conditions.set(type, True, AVAILABLE, rollout.ready() + " pods are ready");
    } else if (rollout.wanted() == 0) {
      boolean paused = component == Component.RELAY && spec.paused();
      conditions.set(type, False, paused ? "Paused" : "ScaledToZero", "no pods are wanted");
    } else if (trouble != null) {
      conditions.set(type, False, trouble.reason(), trouble.message());
    } else {
      conditions.set(
          type,
          False,
          "PodsNotReady",
          "no pod is ready; kubectl describe pods -l " + selector(component));
    }
    return rollout.complete();
  }

  private boolean isStopped(Component component) {
    Optional<WorkloadSpec> workload = Components.spec(spec, component);
    if (workload.isEmpty()) {
      return false;
    }
    Integer replicas = workload.get().replicas();
    var deployment = found.deployments().get(component);
    return replicas != null
        ? replicas == 0
        : deployment != null && Rollout.of(deployment).wanted() == 0;
  }

  /** What kstatus looks at before Ready. */
  private void progress(boolean complete) {
    Optional<Trouble> stalled = step.isEmpty() ? stalled() : Optional.empty();
    if (stalled.isPresent()) {
      conditions.set(STALLED, True, stalled.get().reason(), stalled.get().message());
      conditions.set(RECONCILING, False, stalled.get().reason(), stalled.get().message());
      return;
    }
    conditions.set(STALLED, False, "NotStalled", "nothing waits for a person");
    Optional<Trouble> trouble =
        found.refused().or(() -> found.troubles().values().stream().findFirst());
    if (!step.isEmpty()) {
      conditions.set(RECONCILING, True, "Deleting", step);
    } else if (trouble.isPresent()) {
      conditions.set(RECONCILING, True, trouble.get().reason(), trouble.get().message());
    } else if (found.awaitsTurn()) {
      conditions.set(
          RECONCILING,
          True,
          "WaitsForTurn",
          "its pods are replaced once those of other pipelines were; a change of its spec does not"
              + " wait");
    } else if (!complete) {
      conditions.set(RECONCILING, True, "RollingOut", "pods are on their way");
    } else if (!spec.paused() && !isStopped(Component.RELAY) && flow.isRepartitioning()) {
      conditions.set(RECONCILING, True, "Repartitioning", "partitions are cut anew");
    } else {
      conditions.set(RECONCILING, False, "Complete", "everything is as the spec says");
    }
  }

  private Optional<Trouble> stalled() {
    return Stream.of(
            found.claim().stream(),
            found.refused().stream(),
            queueTrouble().stream(),
            found.table().stream(),
            found.troubles().values().stream())
        .flatMap(s -> s)
        .filter(Trouble::stalled)
        .findFirst();
  }

  private Optional<Trouble> queueTrouble() {
    return switch (found.queue()) {
      case QueueState.Failed(String reason, String message) ->
          Optional.of(new Trouble(reason, message, STALLING.contains(reason)));
      case QueueState.Ready ready -> Optional.empty();
    };
  }

  private void ready(List<String> needed) {
    Optional<Condition> obstacle =
        conditions.notTrue(needed).stream().filter(this::isObstacle).findFirst();
    if (!step.isEmpty()) {
      conditions.set(READY, False, "Deleting", step);
    } else if (spec.paused() || isStopped(Component.RELAY) || isStopped(Component.CONSUMER)) {
      // Stopped on purpose: neither ready, nor failed, nor on its way.
      return;
    } else if (obstacle.isPresent()) {
      conditions.set(READY, False, obstacle.get().getReason(), obstacle.get().getMessage());
    } else {
      conditions.set(READY, True, "Ready", "an event written now reaches the consumer");
    }
  }

  /**
   * Whether it keeps an event from the consumer. Relays know better than the operator whether they
   * can use database and queue; and with leases in the database, their readiness tells it.
   */
  private boolean isObstacle(Condition condition) {
    boolean known = !condition.getStatus().equals(Unknown.name());
    return switch (condition.getType()) {
      case DATABASE_READY, QUEUE_READY ->
          !relays.send() && (known || !(found.partitions() instanceof OwnedPartitions.InDatabase));
      case PARTITIONS_OWNED -> known || !(found.partitions() instanceof OwnedPartitions.InDatabase);
      default -> true;
    };
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
          case OwnedPartitions.Observed(PipelineStatus s, var lasting) ->
              new PartitionsStatus(
                  s.partitions(),
                  s.owned(),
                  s.moving(),
                  s.unowned(),
                  s.owned() + "/" + s.partitions());
          case OwnedPartitions.Unknown() -> before().map(RelayStatus::partitions).orElse(null);
          case OwnedPartitions.InDatabase() -> null;
        },
        backlog());
  }

  private Optional<RelayStatus> before() {
    return Optional.ofNullable(pipeline.status().relay());
  }

  private @Nullable BacklogStatus backlog() {
    if (found.partitions() instanceof OwnedPartitions.Unknown) {
      return before().map(RelayStatus::backlog).orElse(null);
    }
    return relays
        .backlog()
        .map(e -> new BacklogStatus(Rounding.events(e), Rounding.age(relays.oldest())))
        .orElse(null);
  }

  private String selector(Component component) {
    return Names.selector(pipeline, component).entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }

  /** How many events wait, of all relays that said so. */
  public static Optional<Long> backlog(OwnedPartitions partitions) {
    return new Relays(partitions).backlog();
  }
}
