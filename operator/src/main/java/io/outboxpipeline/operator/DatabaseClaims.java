package io.outboxpipeline.operator;

import static java.util.Objects.requireNonNull;

import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.operator.model.Databases;
import io.outboxpipeline.operator.status.Trouble;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which pipeline reads a database, of those that name the same: the oldest. Thread-safe. */
final class DatabaseClaims {
  private static final String INDEX = "database";

  private volatile @Nullable IndexerResourceCache<OutboxPipeline> pipelines;

  /** Before the first question. */
  void index(IndexerResourceCache<OutboxPipeline> of) {
    of.addIndexer(INDEX, p -> java.util.List.of(Databases.key(p)));
    pipelines = of;
  }

  /** Why this pipeline must not read its database; empty if it may. */
  Optional<Trouble> against(OutboxPipeline pipeline) {
    return requireNonNull(pipelines).byIndex(INDEX, Databases.key(pipeline)).stream()
        .min(
            Comparator.comparing((OutboxPipeline p) -> p.getMetadata().getCreationTimestamp())
                .thenComparing(p -> p.getMetadata().getUid()))
        .filter(first -> !first.getMetadata().getUid().equals(pipeline.getMetadata().getUid()))
        .map(
            first ->
                new Trouble(
                    "ClaimedByAnother",
                    "%s/%s reads this database already, and two would scatter its events over two"
                            .formatted(
                                first.getMetadata().getNamespace(), first.getMetadata().getName())
                        + " queues: delete one of them; this one starts when the other is gone",
                    true));
  }
}
