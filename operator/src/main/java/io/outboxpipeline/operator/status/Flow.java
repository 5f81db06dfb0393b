package io.outboxpipeline.operator.status;

import static io.outboxpipeline.operator.status.Conditions.Status.False;
import static io.outboxpipeline.operator.status.Conditions.Status.True;
import static io.outboxpipeline.operator.status.Conditions.Status.Unknown;

import io.outboxpipeline.operator.api.OutboxPipelineSpec;
import io.outboxpipeline.operator.model.BoundQueue;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.References;
import io.outboxpipeline.ownership.PipelineStatus;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The conditions on the way of an event: database, partitions, queue. What was True stays so while
 * nothing is known yet, and while partitions change hands: a new leader and a rollout are no news.
 */
final class Flow {
  private final OutboxPipelineSpec spec;
  private final Found found;
  private final Relays relays;
  private final Conditions conditions;

  Flow(OutboxPipelineSpec spec, Found found, Relays relays, Conditions conditions) {
    this.spec = spec;
    this.found = found;
    this.relays = relays;
    this.conditions = conditions;
  }

  void queueReady() {
    Optional<String> trouble = relays.queueTrouble();
    switch (found.queue()) {
      case QueueState.Failed(String reason, String message) ->
          conditions.set(StatusOf.QUEUE_READY, False, reason, message);
      case QueueState.Ready ready when trouble.isPresent() ->
          conditions.set(
              StatusOf.QUEUE_READY, False, "QueueUnreachable", "a relay says: " + trouble.get());
      case QueueState.Ready(BoundQueue ready) ->
          conditions.set(
              StatusOf.QUEUE_READY, True, "QueueReady", ready.name() + " is as described");
    }
  }

  void databaseReady() {
    String type = StatusOf.DATABASE_READY;
    List<String> missing = References.missing(spec, found.sources());
    Optional<String> trouble = relays.databaseTrouble();
    if (!missing.isEmpty()) {
      conditions.set(
          type,
          False,
          "SecretMissing",
          "create the Secret " + String.join(", ", missing) + " in this namespace");
    } else if (found.table().isPresent()) {
      Trouble table = found.table().get();
      conditions.set(type, False, table.reason(), table.message());
    } else if (trouble.isPresent()) {
      conditions.set(type, False, "DatabaseUnreachable", "a relay says: " + trouble.get());
    } else if (relays.useTheDatabase()) {
      conditions.set(type, True, "DatabaseReady", "all relays can use it");
    } else if (!mayStay(type) || !conditions.keep(type)) {
      conditions.set(type, Unknown, "NotReported", "no relay has said anything yet");
    }
  }

  void partitionsOwned() {
    String type = StatusOf.PARTITIONS_OWNED;
    switch (found.partitions()) {
      case OwnedPartitions.InDatabase() ->
          conditions.set(
              type,
              Unknown,
              "LeasesInDatabase",
              "the leases are in the database; each relay's /metrics tells what it owns");
      case OwnedPartitions.Unknown() -> {
        if (!mayStay(type) || !conditions.keep(type)) {
          conditions.set(type, Unknown, "NotObserved", "the leases were not read yet");
        }
      }
      case OwnedPartitions.Observed(PipelineStatus status, var lasting) -> {
        if (status.unowned() == 0 && !isRepartitioning(status)) {
          conditions.set(type, True, "AllOwned", "every partition has a relay");
        } else if (mayStay(type)) {
          conditions.set(type, True, "ChangingHands", "partitions go from one relay to another");
        } else if (isRepartitioning(status)) {
          conditions.set(
              type,
              False,
              "Repartitioning",
              "relays change over to " + spec.relay().partitions() + " partitions");
        } else {
          conditions.set(
              type,
              False,
              "PartitionsUnowned",
              String.format(
                  Locale.ROOT,
                  "%d of %d partitions have no relay: their events wait",
                  status.unowned(),
                  status.partitions()));
        }
      }
    }
  }

  /** Whether the relays have another number of partitions than the spec. */
  boolean isRepartitioning() {
    return found.partitions()
            instanceof OwnedPartitions.Observed(PipelineStatus status, var lasting)
        && isRepartitioning(status);
  }

  private boolean isRepartitioning(PipelineStatus status) {
    return status.repartitioning() || status.partitions() != spec.relay().partitions();
  }

  private boolean mayStay(String type) {
    return conditions.wasTrue(type)
        && switch (found.partitions()) {
          case OwnedPartitions.Observed(var status, boolean lasting) -> !lasting;
          case OwnedPartitions.Unknown() -> true;
          case OwnedPartitions.InDatabase() -> false;
        };
  }
}
