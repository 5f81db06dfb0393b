package io.outboxpipeline.operator;

import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.api.QueueSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.queue.Access;
import io.outboxpipeline.operator.queue.Bound;
import io.outboxpipeline.operator.queue.Owner;
import io.outboxpipeline.operator.queue.QueueCare;
import io.outboxpipeline.operator.queue.QueueRules;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A pipeline's queue, reached as its spec and its Secret say. Thread-safe. */
final class PipelineQueue {
  private static final Duration AGAIN = Duration.ofMinutes(1);

  private final QueueCare queues;
  private final ReferredObjects referred;
  private final QueueRules rules;
  private final ClusterId cluster;

  PipelineQueue(QueueCare queues, ReferredObjects referred, QueueRules rules, ClusterId cluster) {
    this.queues = queues;
    this.referred = referred;
    this.rules = rules;
    this.cluster = cluster;
  }

  /** Of a pipeline that may not have one. */
  static QueueCare.Report untouched() {
    return new QueueCare.Report(
        new QueueState.Failed("ClaimedByAnother", "the queue is not touched"), List.of(), AGAIN);
  }

  /** Looks if it is time to. */
  QueueCare.Report look(OutboxPipeline pipeline) {
    Optional<Bound.Failed> refused =
        rules.against(pipeline.getMetadata().getNamespace(), pipeline.getSpec().queue());
    if (refused.isPresent()) {
      return new QueueCare.Report(
          new QueueState.Failed(refused.get().reason(), refused.get().message()), List.of(), AGAIN);
    }
    try {
      return queues.look(
          pipeline.getMetadata().getUid(),
          pipeline.getSpec().queue(),
          owner(pipeline),
          access(pipeline));
    } catch (SourceReader.CredentialsMissing e) {
      return new QueueCare.Report(
          new QueueState.Failed("CredentialsMissing", String.valueOf(e.getMessage())),
          List.of(),
          AGAIN);
    }
  }

  /** The queue that relay and consumer are told of. */
  Optional<BoundQueue> known(OutboxPipeline pipeline, QueueState state) {
    return switch (state) {
      case QueueState.Ready(BoundQueue queue) -> Optional.of(queue);
      // An SQS that does not answer stops nothing that runs.
      case QueueState.Failed failed -> known(pipeline);
    };
  }

  /** What was found last, by this operator or by one before it. */
  Optional<BoundQueue> known(OutboxPipeline pipeline) {
    return queues
        .last(pipeline.getMetadata().getUid())
        .or(() -> BoundQueue.remembered(Optional.ofNullable(pipeline.status().queue())));
  }

  /** Deletes the queues if the spec says so; what is still in the way. */
  Optional<Bound.Failed> delete(OutboxPipeline pipeline) {
    QueueSpec queue = pipeline.getSpec().queue();
    if (queue.deletionPolicy() == QueueSpec.DeletionPolicy.Retain) {
      return Optional.empty();
    }
    Optional<Bound.Failed> refused = rules.against(pipeline.getMetadata().getNamespace(), queue);
    if (refused.isPresent()) {
      return refused;
    }
    Access access;
    try {
      access = access(pipeline);
    } catch (SourceReader.CredentialsMissing e) {
      // A namespace that ends may have lost its Secrets before its pipelines.
      Optional<Access> last = queues.lastAccess(pipeline.getMetadata().getUid());
      if (last.isEmpty()) {
        return Optional.of(new Bound.Failed("CredentialsMissing", String.valueOf(e.getMessage())));
      }
      access = last.get();
    }
    return queues.delete(queue, owner(pipeline), access);
  }

  /** To be told of pipelines that are gone. */
  void forget(OutboxPipeline pipeline) {
    queues.forget(pipeline.getMetadata().getUid());
  }

  private Access access(OutboxPipeline pipeline) throws SourceReader.CredentialsMissing {
    return SourceReader.access(pipeline, referred)
        .assuming(rules.role(pipeline.getMetadata().getNamespace()));
  }

  /** Who is named on the queues' tags. */
  private Owner owner(OutboxPipeline pipeline) {
    String name = pipeline.getMetadata().getNamespace() + "/" + pipeline.getMetadata().getName();
    var remembered = pipeline.status().queue();
    boolean known =
        remembered != null && remembered.name().equals(pipeline.getSpec().queue().name());
    return new Owner(
        cluster.id() + "/" + name,
        cluster.isGiven() || !known ? Optional.empty() : Optional.of(name));
  }
}
