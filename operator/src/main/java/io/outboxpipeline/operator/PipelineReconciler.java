package io.outboxpipeline.operator;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Found;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.model.Partitions;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.operator.model.StatusOf;
import io.outboxpipeline.operator.model.Teardown;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.operator.queue.Bound;
import io.outboxpipeline.operator.queue.QueueCare;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One pass over one pipeline: look at queue and leases, apply the objects, write the status if it
 * is another one. Thread-safe; one pipeline is never reconciled twice at once.
 */
final class PipelineReconciler implements Reconciler<OutboxPipeline>, Cleaner<OutboxPipeline> {
  /** Between two looks at a pipeline that ends. */
  private static final Duration STEP = Duration.ofSeconds(2);

  private final Images images;
  private final String cluster;
  private final QueueCare queues;
  private final OwnedObjects objects;
  private final EventRecorder events;
  private final InstantSource clock;
  private final SimpleInboundEventSource<OutboxPipeline> ownershipChanges =
      new SimpleInboundEventSource<>("ownership");
  private final OwnershipWatch ownership;

  /** Since when pipelines that end have no base; a restarted operator waits a little longer. */
  private final ConcurrentHashMap<String, Instant> baseGone = new ConcurrentHashMap<>();

  PipelineReconciler(
      OperatorSettings settings,
      QueueCare queues,
      OwnedObjects objects,
      EventRecorder events,
      KubernetesClient client,
      InstantSource clock) {
    images = settings.images();
    cluster = settings.cluster();
    this.queues = queues;
    this.objects = objects;
    this.events = events;
    this.clock = clock;
    ownership = new OwnershipWatch(client, ownershipChanges::propagateEvent);
  }

  @Override
  public List<EventSource<?, OutboxPipeline>> prepareEventSources(
      EventSourceContext<OutboxPipeline> context) {
    var sources = new ArrayList<>(Informers.of(context));
    sources.add(ownershipChanges);
    return sources;
  }

  @Override
  public UpdateControl<OutboxPipeline> reconcile(
      OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    QueueCare.Report queue = look(pipeline, context);
    Optional<BoundQueue> bound = known(pipeline, queue.state());
    Sources sources = SourceReader.sources(context);
    Partitions partitions = ownership.observe(pipeline);
    String refused = "";
    try {
      objects.apply(new Wanted(pipeline, images, bound, sources).objects(), context);
    } catch (KubernetesClientException e) {
      if (!isRefusal(e)) {
        throw e;
      }
      refused = String.valueOf(e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage());
    }
    var found =
        new Found(queue.state(), partitions, deployments(pipeline, context), sources, refused);
    OutboxPipelineStatus before = pipeline.status();
    OutboxPipelineStatus after = StatusOf.running(pipeline, found, bound, clock.instant());
    var notices = new ArrayList<>(queue.notices());
    notices.addAll(Notice.between(before, after));
    events.record(pipeline, notices);
    UpdateControl<OutboxPipeline> control =
        after.equals(before)
            ? UpdateControl.noUpdate()
            : UpdateControl.patchStatus(withStatus(pipeline, after));
    return control.rescheduleAfter(atLeastASecond(queue.next()));
  }

  @Override
  public DeleteControl cleanup(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    String uid = pipeline.getMetadata().getUid();
    Instant now = clock.instant();
    Map<Component, Deployment> deployments = deployments(pipeline, context);
    deployments.values().removeIf(deployment -> Teardown.isOverdue(deployment, now));
    Partitions partitions = ownership.observe(pipeline);
    Instant gone =
        deployments.containsKey(Component.BASE) ? now : baseGone.computeIfAbsent(uid, key -> now);
    Teardown next =
        Teardown.next(
            pipeline.getSpec(),
            Instant.parse(pipeline.getMetadata().getDeletionTimestamp()),
            deployments.keySet(),
            StatusOf.backlog(partitions),
            gone,
            now);
    Optional<String> step =
        switch (next) {
          case Teardown.StopBase() -> {
            stop(deployments, context, Component.BASE);
            yield Optional.of("the base stops");
          }
          case Teardown.Drain(Optional<Long> backlog) ->
              Optional.of(
                  backlog.filter(b -> b > 0).isPresent()
                      ? "relays send what is committed"
                      : "relays make sure that nothing is left to send");
          case Teardown.StopRest() -> {
            stop(deployments, context, Component.RELAY, Component.CONSUMER);
            yield Optional.of("relay and consumer stop");
          }
          case Teardown.DeleteQueue(boolean lastTry) -> deleteQueue(pipeline, context, lastTry);
        };
    if (step.isEmpty()) {
      return end(pipeline, context);
    }
    tell(pipeline, context, deployments, step.get());
    return DeleteControl.noFinalizerRemoval().rescheduleAfter(STEP.toMillis());
  }

  /** Writes the status of a pipeline that ends, if it is another one. */
  private void tell(
      OutboxPipeline pipeline,
      Context<OutboxPipeline> context,
      Map<Component, Deployment> deployments,
      String step) {
    var found =
        new Found(
            known(pipeline)
                .<QueueState>map(QueueState.Ready::new)
                .orElse(new QueueState.Failed("Deleting", step)),
            ownership.observe(pipeline),
            deployments,
            SourceReader.sources(context),
            "");
    OutboxPipelineStatus after =
        StatusOf.ending(pipeline, found, known(pipeline), step, clock.instant());
    if (!after.equals(pipeline.status())) {
      PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(
          pipeline, withStatus(pipeline, after), context);
    }
  }

  private DeleteControl end(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    var meta = pipeline.getMetadata();
    ownership.forget(meta.getUid());
    queues.forget(meta.getUid());
    baseGone.remove(meta.getUid());
    context
        .getClient()
        .leases()
        .inNamespace(meta.getNamespace())
        .withLabel(Names.PIPELINE, meta.getName())
        .delete();
    return DeleteControl.defaultDelete();
  }

  private void stop(
      Map<Component, Deployment> deployments,
      Context<OutboxPipeline> context,
      Component... components) {
    for (Component component : components) {
      Deployment deployment = deployments.get(component);
      if (deployment != null && deployment.getMetadata().getDeletionTimestamp() == null) {
        // It stays until its pods are gone, which is what is waited for.
        objects.delete(deployment, DeletionPropagation.FOREGROUND, context);
      }
    }
  }

  /** What is still in the way; empty when the pipeline may go. */
  private Optional<String> deleteQueue(
      OutboxPipeline pipeline, Context<OutboxPipeline> context, boolean lastTry) {
    QueueSpec queue = pipeline.getSpec().queue();
    if (queue.deletionPolicy() == QueueSpec.DeletionPolicy.Retain) {
      return Optional.empty();
    }
    Optional<Bound.Failed> left;
    try {
      left = queues.delete(queue, owner(pipeline), SourceReader.access(pipeline, context));
    } catch (SourceReader.CredentialsMissing e) {
      left = Optional.of(new Bound.Failed("CredentialsMissing", String.valueOf(e.getMessage())));
    }
    if (left.isPresent() && lastTry) {
      events.record(pipeline, List.of(leftBehind(left.get())));
      return Optional.empty();
    }
    return left.map(l -> "the queues could not be deleted yet: " + l.message());
  }

  private static Notice leftBehind(Bound.Failed failed) {
    return new Notice(
        Notice.Kind.Warning,
        "QueueLeftBehind",
        "the pipeline is gone, its queues may still exist: " + failed.message());
  }

  private QueueCare.Report look(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    try {
      return queues.look(
          pipeline.getMetadata().getUid(),
          pipeline.getSpec().queue(),
          owner(pipeline),
          SourceReader.access(pipeline, context));
    } catch (SourceReader.CredentialsMissing e) {
      return new QueueCare.Report(
          new QueueState.Failed("CredentialsMissing", String.valueOf(e.getMessage())),
          List.of(),
          Duration.ofMinutes(1));
    }
  }

  /** Who is named on the queues' tags. */
  private String owner(OutboxPipeline pipeline) {
    String name = pipeline.getMetadata().getNamespace() + "/" + pipeline.getMetadata().getName();
    return cluster.isEmpty() ? name : cluster + "/" + name;
  }

  private Optional<BoundQueue> known(OutboxPipeline pipeline, QueueState state) {
    return switch (state) {
      case QueueState.Ready(BoundQueue queue) -> Optional.of(queue);
      // An SQS that does not answer stops nothing that runs.
      case QueueState.Failed failed -> known(pipeline);
    };
  }

  private Optional<BoundQueue> known(OutboxPipeline pipeline) {
    return queues
        .last(pipeline.getMetadata().getUid())
        .or(() -> BoundQueue.remembered(Optional.ofNullable(pipeline.status().queue())));
  }

  private static Map<Component, Deployment> deployments(
      OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    var of = new EnumMap<Component, Deployment>(Component.class);
    for (Deployment deployment : context.getSecondaryResources(Deployment.class)) {
      for (Component component : Component.values()) {
        if (deployment.getMetadata().getName().equals(Names.of(pipeline, component))) {
          of.put(component, deployment);
        }
      }
    }
    return of;
  }

  /** What trying again soon does not help: the object, a right or a quota must change. */
  private static boolean isRefusal(KubernetesClientException e) {
    return e.getCode() == 403 || e.getCode() == 422;
  }

  private static OutboxPipeline withStatus(HasMetadata pipeline, OutboxPipelineStatus status) {
    var with = new OutboxPipeline();
    with.setMetadata(
        new ObjectMetaBuilder()
            .withName(pipeline.getMetadata().getName())
            .withNamespace(pipeline.getMetadata().getNamespace())
            .build());
    with.setStatus(status);
    return with;
  }

  private static Duration atLeastASecond(Duration delay) {
    Duration second = Duration.ofSeconds(1);
    return delay.compareTo(second) < 0 ? second : delay;
  }

  /** Ends the following of leases. */
  void close() {
    ownership.close();
  }
}
