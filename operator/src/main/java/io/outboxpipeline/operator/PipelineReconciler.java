package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Images;
import io.outboxpipeline.operator.model.Sources;
import io.outboxpipeline.operator.model.Wanted;
import io.outboxpipeline.operator.queue.QueueCare;
import io.outboxpipeline.operator.status.FailedPass;
import io.outboxpipeline.operator.status.Found;
import io.outboxpipeline.operator.status.Notices;
import io.outboxpipeline.operator.status.OwnedPartitions;
import io.outboxpipeline.operator.status.PodTroubles;
import io.outboxpipeline.operator.status.StatusOf;
import io.outboxpipeline.operator.status.Trouble;
import io.outboxpipeline.operator.table.TableCare;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One pass over one pipeline: look at queue and leases, apply the objects, write the status if it
 * is another one. Thread-safe; one pipeline is never reconciled twice at once.
 */
final class PipelineReconciler implements Reconciler<OutboxPipeline>, Cleaner<OutboxPipeline> {
  /** Between two looks at pods that do not come, or an object that is refused. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private static final System.Logger LOG = System.getLogger(PipelineReconciler.class.getName());

  private final Images images;
  private final NavigableSet<Integer> apiServer;
  private final OwnedObjects objects;
  private final EventRecorder events;
  private final PipelineMetrics metrics;
  private final InstantSource clock;
  private final SimpleInboundEventSource<OutboxPipeline> changes =
      new SimpleInboundEventSource<>("changes");
  private final OwnershipWatch ownership;
  private final ReferredObjects referred;
  private final DatabaseClaims claims = new DatabaseClaims();
  private final Rollouts rollouts;
  private final Passes passes = new Passes();
  private final PipelineQueue queue;
  private final PipelineTable table;
  private final Cleanup cleanup;

  PipelineReconciler(
      OperatorSettings settings,
      QueueCare queues,
      TableCare tables,
      OwnedObjects objects,
      EventRecorder events,
      PipelineMetrics metrics,
      KubernetesClient client,
      InstantSource clock) {
    this.metrics = metrics;
    images = settings.images();
    apiServer = ApiServerPorts.of(client);
    this.objects = objects;
    this.events = events;
    this.clock = clock;
    rollouts = new Rollouts(settings.rollouts(), changes::propagateEvent);
    ownership = new OwnershipWatch(client, changes::propagateEvent);
    referred = new ReferredObjects(client, changes::propagateEvent);
    ClusterId cluster = ClusterId.of(settings.cluster(), client);
    queue = new PipelineQueue(queues, referred, settings.queueRules(), cluster);
    table = new PipelineTable(tables, referred, settings.queueRules(), cluster);
    cleanup = new Cleanup(objects, queue, table, ownership, referred, events, clock);
  }

  @Override
  public List<EventSource<?, OutboxPipeline>> prepareEventSources(
      EventSourceContext<OutboxPipeline> context) {
    claims.index(context.getPrimaryCache());
    var sources = new ArrayList<>(Informers.of(context));
    sources.add(changes);
    return sources;
  }

  @Override
  public UpdateControl<OutboxPipeline> reconcile(
      OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    return passes.run(() -> pass(pipeline, context), UpdateControl::noUpdate);
  }

  private UpdateControl<OutboxPipeline> pass(
      OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    ResourceID id = ResourceID.fromResource(pipeline);
    if (!Objects.equals(
        pipeline.getMetadata().getGeneration(), pipeline.status().observedGeneration())) {
      rollouts.specChanged(id);
    }
    referred.follow(pipeline);
    Optional<Trouble> claim = claims.against(pipeline);
    if (claim.isPresent()) {
      ownership.forget(pipeline.getMetadata().getUid());
    }
    QueueCare.Report report = claim.isPresent() ? PipelineQueue.untouched() : queue.look(pipeline);
    PipelineTable.Report tables =
        claim.isPresent() ? PipelineTable.untouched() : table.look(pipeline);
    Optional<BoundQueue> bound = queue.known(pipeline, report.state());
    Sources sources = SourceReader.sources(pipeline, referred);
    OwnedPartitions partitions =
        claim.isPresent() ? new OwnedPartitions.Unknown() : ownership.observe(pipeline);
    List<Deployment> there = OwnedObjects.of(Deployment.class, context);
    Map<Component, Deployment> live = Deployed.of(pipeline, there);
    Supplier<Set<ResourceID>> rolling = () -> Deployed.rolling(context);
    OwnedObjects.Applied applied =
        objects.apply(
            there,
            claim.isPresent()
                ? List.of()
                : new Wanted(pipeline, images, bound, sources, live, apiServer).objects(),
            () -> rollouts.begin(id, rolling),
            context);
    Map<Component, Deployment> deployments = Deployed.of(pipeline, context);
    Map<Component, Trouble> troubles = PodReader.troubles(deployments, context.getClient());
    rollouts.saw(
        id,
        deployments.values().stream().anyMatch(PodTroubles::isRolling)
            && troubles.values().stream().noneMatch(Trouble::stalled),
        !applied.left().isEmpty(),
        rolling);
    var found =
        new Found(
            report.state(),
            partitions,
            deployments,
            troubles,
            sources,
            applied.refused(),
            claim,
            tables.trouble(),
            applied.left().contains(OwnedObjects.Left.FOR_ITS_TURN));
    OutboxPipelineStatus before = pipeline.status();
    OutboxPipelineStatus after = StatusOf.running(pipeline, found, bound, clock.instant());
    var notices = new ArrayList<>(report.notices());
    notices.addAll(tables.notices());
    notices.addAll(Notices.between(before, after));
    events.record(pipeline, notices);
    Statuses.write(pipeline, after, context);
    metrics.show(id, after, partitions);
    boolean waits =
        applied.refused().isPresent()
            || !applied.left().isEmpty()
            || claim.isPresent()
            || deployments.values().stream().anyMatch(PodTroubles::isUnfinished);
    return UpdateControl.<OutboxPipeline>noUpdate()
        .rescheduleAfter(least(waits ? AGAIN : report.next(), least(report.next(), tables.next())));
  }

  @Override
  public DeleteControl cleanup(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    return passes.run(() -> end(pipeline, context), DeleteControl::noFinalizerRemoval);
  }

  private DeleteControl end(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    rollouts.forget(ResourceID.fromResource(pipeline));
    DeleteControl next = cleanup.next(pipeline, context);
    if (next.isRemoveFinalizer()) {
      metrics.forget(ResourceID.fromResource(pipeline));
    }
    return next;
  }

  /** Whatever fails is told where people look. */
  @Override
  public ErrorStatusUpdateControl<OutboxPipeline> updateErrorStatus(
      OutboxPipeline pipeline, Context<OutboxPipeline> context, Exception e) {
    try {
      OutboxPipelineStatus after =
          FailedPass.of(pipeline, String.valueOf(e.getMessage()), clock.instant());
      Statuses.write(pipeline, after, context);
    } catch (KubernetesClientException unwritten) {
      LOG.log(WARNING, "can''t write a status: {0}", unwritten.getMessage());
    }
    return ErrorStatusUpdateControl.defaultErrorProcessing();
  }

  private static Duration least(Duration a, Duration b) {
    Duration least = a.compareTo(b) < 0 ? a : b;
    Duration second = Duration.ofSeconds(1);
    return least.compareTo(second) < 0 ? second : least;
  }

  /**
   * Lets no pass begin any more, and waits for those that have begun.
   *
   * @return whether none is under way
   */
  boolean quiesce(Duration most) {
    return passes.end(most);
  }

  /** Ends the following of leases, Secrets and ConfigMaps. */
  void close() {
    ownership.close();
    referred.close();
  }
}
