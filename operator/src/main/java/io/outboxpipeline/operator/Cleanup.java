package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.Names;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.Teardown;
import io.outboxpipeline.operator.queue.Bound;
import io.outboxpipeline.operator.status.Found;
import io.outboxpipeline.operator.status.OwnedPartitions;
import io.outboxpipeline.operator.status.StatusOf;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Ends a pipeline, one step a pass; also in a namespace that ends itself. Thread-safe. */
final class Cleanup {
  private static final System.Logger LOG = System.getLogger(Cleanup.class.getName());

  /** Between two looks at a pipeline that ends. */
  private static final Duration STEP = Duration.ofSeconds(2);

  private final OwnedObjects objects;
  private final PipelineQueue queue;
  private final PipelineTable table;
  private final OwnershipWatch ownership;
  private final ReferredObjects referred;
  private final EventRecorder events;
  private final InstantSource clock;

  /** Since when pipelines that end have no base; a restarted operator waits a little longer. */
  private final ConcurrentHashMap<String, Instant> baseGone = new ConcurrentHashMap<>();

  Cleanup(
      OwnedObjects objects,
      PipelineQueue queue,
      PipelineTable table,
      OwnershipWatch ownership,
      ReferredObjects referred,
      EventRecorder events,
      InstantSource clock) {
    this.objects = objects;
    this.queue = queue;
    this.table = table;
    this.ownership = ownership;
    this.referred = referred;
    this.events = events;
    this.clock = clock;
  }

  /** Takes the next step. */
  DeleteControl next(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    boolean ending = isEnding(pipeline, context);
    try {
      return step(pipeline, context, ending);
    } catch (KubernetesClientException e) {
      if (ending && isNoMoreOurs(e)) {
        // The namespace takes along what is left, our rights included.
        LOG.log(
            WARNING,
            "{0} ends with its namespace: {1}",
            ResourceID.fromResource(pipeline),
            e.getMessage());
        forget(pipeline);
        return DeleteControl.defaultDelete();
      }
      throw e;
    }
  }

  private DeleteControl step(
      OutboxPipeline pipeline, Context<OutboxPipeline> context, boolean ending) {
    referred.follow(pipeline);
    Instant now = clock.instant();
    Map<Component, Deployment> deployments = Deployed.of(pipeline, context);
    deployments.values().removeIf(deployment -> Teardown.isOverdue(deployment, now));
    OwnedPartitions partitions = ownership.observe(pipeline);
    Instant gone =
        deployments.containsKey(Component.BASE)
            ? now
            : baseGone.computeIfAbsent(pipeline.getMetadata().getUid(), key -> now);
    Instant deletion = Instant.parse(pipeline.getMetadata().getDeletionTimestamp());
    Optional<Long> backlog = StatusOf.backlog(partitions);
    Teardown next =
        ending
            ? Teardown.withNamespace(pipeline.getSpec(), deletion, deployments.keySet(), now)
            : Teardown.next(pipeline.getSpec(), deletion, deployments.keySet(), backlog, gone, now);
    Optional<String> step =
        switch (next) {
          case Teardown.StopBase() -> {
            stop(deployments, context, Component.BASE);
            yield Optional.of("the base stops");
          }
          case Teardown.Drain(Optional<Long> waiting) ->
              Optional.of(
                  waiting.filter(b -> b > 0).isPresent()
                      ? "relays send what is committed"
                      : "relays make sure that nothing is left to send");
          case Teardown.StopRest() -> {
            stop(deployments, context, Component.RELAY, Component.CONSUMER);
            yield Optional.of("relay and consumer stop");
          }
          case Teardown.NamespaceEnds() ->
              Optional.of("its namespace ends: relays hand over what they have in hand");
          case Teardown.DeleteQueue(boolean lastTry) -> deleteQueue(pipeline, lastTry);
        };
    if (step.isEmpty()) {
      return end(pipeline, context, ending);
    }
    tell(pipeline, context, deployments, step.get());
    return DeleteControl.noFinalizerRemoval().rescheduleAfter(STEP.toMillis());
  }

  private static boolean isEnding(OutboxPipeline pipeline, Context<OutboxPipeline> context) {
    try {
      Namespace namespace =
          context.getClient().namespaces().withName(pipeline.getMetadata().getNamespace()).get();
      return namespace == null || namespace.getMetadata().getDeletionTimestamp() != null;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return false;
      }
      throw e;
    }
  }

  private static boolean isNoMoreOurs(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
  }

  /** Writes the status of a pipeline that ends, if it is another one. */
  private void tell(
      OutboxPipeline pipeline,
      Context<OutboxPipeline> context,
      Map<Component, Deployment> deployments,
      String step) {
    Optional<BoundQueue> known = queue.known(pipeline);
    var found =
        new Found(
            known
                .<QueueState>map(QueueState.Ready::new)
                .orElse(new QueueState.Failed("Deleting", step)),
            ownership.observe(pipeline),
            deployments,
            SourceReader.sources(pipeline, referred));
    Statuses.write(
        pipeline, StatusOf.ending(pipeline, found, known, step, clock.instant()), context);
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
  private Optional<String> deleteQueue(OutboxPipeline pipeline, boolean lastTry) {
    Optional<Bound.Failed> left = queue.delete(pipeline);
    Optional<Bound.Failed> tables = table.delete(pipeline);
    if (lastTry) {
      left.ifPresent(l -> events.record(pipeline, List.of(leftBehind(pipeline, l))));
      tables.ifPresent(l -> events.record(pipeline, List.of(leftBehind(l))));
      return Optional.empty();
    }
    return left.map(l -> "the queues could not be deleted yet: " + l.message())
        .or(() -> tables.map(l -> "the tables could not be deleted yet: " + l.message()));
  }

  private Notice leftBehind(OutboxPipeline pipeline, Bound.Failed failed) {
    String urls =
        queue
            .known(pipeline)
            .map(q -> " (" + q.url() + q.deadLetterUrl().map(u -> ", " + u).orElse("") + ")")
            .orElse("");
    return new Notice(
        Notice.Kind.Warning,
        "QueueLeftBehind",
        "the pipeline is gone, its queues may still exist%s: %s".formatted(urls, failed.message()));
  }

  private static Notice leftBehind(Bound.Failed failed) {
    return new Notice(
        Notice.Kind.Warning,
        "TableLeftBehind",
        "the pipeline is gone, its tables may still exist: " + failed.message());
  }

  private DeleteControl end(
      OutboxPipeline pipeline, Context<OutboxPipeline> context, boolean ending) {
    forget(pipeline);
    if (!ending) {
      var meta = pipeline.getMetadata();
      objects.deleteAll(context);
      context
          .getClient()
          .leases()
          .inNamespace(meta.getNamespace())
          .withLabel(Names.PIPELINE, meta.getName())
          .delete();
    }
    return DeleteControl.defaultDelete();
  }

  private void forget(OutboxPipeline pipeline) {
    String uid = pipeline.getMetadata().getUid();
    ownership.forget(uid);
    queue.forget(pipeline);
    table.forget(pipeline);
    referred.forget(ResourceID.fromResource(pipeline));
    baseGone.remove(uid);
  }
}
