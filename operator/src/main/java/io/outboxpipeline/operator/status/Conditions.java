package io.outboxpipeline.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.outboxpipeline.operator.api.OutboxPipelineStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Collects conditions; those whose status stays keep the time of their last transition. */
final class Conditions {
  /** What a condition says. */
  enum Status {
    True,
    False,
    Unknown
  }

  private final OutboxPipelineStatus before;
  private final long generation;
  private final Instant now;
  private final List<Condition> all = new ArrayList<>();

  Conditions(OutboxPipelineStatus before, long generation, Instant now) {
    this.before = before;
    this.generation = generation;
    this.now = now;
  }

  void set(String type, Status status, String reason, String message) {
    String since =
        before
            .condition(type)
            .filter(c -> Objects.equals(c.getStatus(), status.name()))
            .map(Condition::getLastTransitionTime)
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    all.add(
        new ConditionBuilder()
            .withType(type)
            .withStatus(status.name())
            .withReason(reason)
            .withMessage(message)
            .withObservedGeneration(generation)
            .withLastTransitionTime(since)
            .build());
  }

  /** Whether it was True before. */
  boolean wasTrue(String type) {
    return before.condition(type).filter(c -> c.getStatus().equals(Status.True.name())).isPresent();
  }

  /** Lets a condition be what it was; tells whether it was there. */
  boolean keep(String type) {
    Optional<Condition> was = before.condition(type);
    was.ifPresent(c -> set(type, Status.valueOf(c.getStatus()), c.getReason(), c.getMessage()));
    return was.isPresent();
  }

  /** Those of these types that are not True, in this order. */
  List<Condition> notTrue(List<String> types) {
    return types.stream()
        .flatMap(t -> all.stream().filter(c -> c.getType().equals(t)))
        .filter(c -> !c.getStatus().equals(Status.True.name()))
        .toList();
  }

  List<Condition> all() {
    return List.copyOf(all);
  }
}
