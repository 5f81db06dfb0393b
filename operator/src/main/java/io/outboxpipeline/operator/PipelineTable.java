package io.outboxpipeline.operator;

import io.outboxpipeline.operator.api.DynamoDbSpec;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Notice;
import io.outboxpipeline.operator.queue.Access;
import io.outboxpipeline.operator.queue.Bound;
import io.outboxpipeline.operator.queue.Owner;
import io.outboxpipeline.operator.queue.QueueRules;
import io.outboxpipeline.operator.status.Trouble;
import io.outboxpipeline.operator.table.TableCare;
import io.outboxpipeline.operator.table.TableState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A pipeline's tables of DynamoDB, if it has some. Thread-safe. */
final class PipelineTable {
  private static final Duration AGAIN = Duration.ofMinutes(1);

  private final TableCare tables;
  private final ReferredObjects referred;
  private final QueueRules rules;
  private final ClusterId cluster;

  PipelineTable(TableCare tables, ReferredObjects referred, QueueRules rules, ClusterId cluster) {
    this.tables = tables;
    this.referred = referred;
    this.rules = rules;
    this.cluster = cluster;
  }

  /**
   * What a look brought.
   *
   * @param trouble why the tables are not as they must be
   * @param next when to ask again
   */
  record Report(Optional<Trouble> trouble, List<Notice> notices, Duration next) {
    static Report failed(String reason, String message, boolean stalled) {
      return new Report(Optional.of(new Trouble(reason, message, stalled)), List.of(), AGAIN);
    }
  }

  /** Of a pipeline that may not have any. */
  static Report untouched() {
    return new Report(Optional.empty(), List.of(), AGAIN);
  }

  /** Looks if it is time to; nothing is wrong with the tables of a pipeline that has none. */
  Report look(OutboxPipeline pipeline) {
    DynamoDbSpec spec = pipeline.getSpec().dynamodb();
    if (spec == null) {
      return new Report(Optional.empty(), List.of(), Duration.ofDays(1));
    }
    Optional<Bound.Failed> refused = rules.against(pipeline.getMetadata().getNamespace(), spec);
    if (refused.isPresent()) {
      return Report.failed(refused.get().reason(), refused.get().message(), true);
    }
    try {
      String uid = pipeline.getMetadata().getUid();
      TableCare.Report report = tables.look(uid, spec, owner(pipeline), access(pipeline, spec));
      return new Report(
          switch (report.state()) {
            case TableState.Ready() -> Optional.empty();
            case TableState.Failed(String reason, String message, boolean stalled) ->
                Optional.of(new Trouble(reason, message, stalled));
          },
          report.notices(),
          report.next());
    } catch (SourceReader.CredentialsMissing e) {
      return Report.failed("CredentialsMissing", String.valueOf(e.getMessage()), false);
    }
  }

  /** Deletes the tables that the operator made if the spec says so; what is still in the way. */
  Optional<Bound.Failed> delete(OutboxPipeline pipeline) {
    DynamoDbSpec spec = pipeline.getSpec().dynamodb();
    if (spec == null || spec.deletionPolicy() == DynamoDbSpec.DeletionPolicy.Retain) {
      return Optional.empty();
    }
    Optional<Bound.Failed> refused = rules.against(pipeline.getMetadata().getNamespace(), spec);
    if (refused.isPresent()) {
      return refused;
    }
    Access access;
    try {
      access = access(pipeline, spec);
    } catch (SourceReader.CredentialsMissing e) {
      // A namespace that ends may have lost its Secrets before its pipelines.
      Optional<Access> last = tables.lastAccess(pipeline.getMetadata().getUid());
      if (last.isEmpty()) {
        return Optional.of(new Bound.Failed("CredentialsMissing", String.valueOf(e.getMessage())));
      }
      access = last.get();
    }
    return tables
        .delete(spec, owner(pipeline), access)
        .map(f -> new Bound.Failed(f.reason(), f.message()));
  }

  /** To be told of pipelines that are gone. */
  void forget(OutboxPipeline pipeline) {
    tables.forget(pipeline.getMetadata().getUid());
  }

  private Access access(OutboxPipeline pipeline, DynamoDbSpec spec)
      throws SourceReader.CredentialsMissing {
    return SourceReader.access(pipeline, spec, referred)
        .assuming(rules.role(pipeline.getMetadata().getNamespace()));
  }

  /** Who is named on the tables' tags. */
  private Owner owner(OutboxPipeline pipeline) {
    return new Owner(
        cluster.id()
            + "/"
            + pipeline.getMetadata().getNamespace()
            + "/"
            + pipeline.getMetadata().getName());
  }
}
