package io.outboxpipeline.operator.status;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.outboxpipeline.operator.model.Component;
import io.outboxpipeline.operator.model.QueueState;
import io.outboxpipeline.operator.model.Sources;
import java.util.Map;
import java.util.Optional;

/**
 * What was found of a pipeline.
 *
 * @param deployments those that exist
 * @param troubles why a component's pods do not come
 * @param refused why an object could not be applied
 * @param claim why nothing of it may run: its database is another pipeline's
 * @param table why its tables of DynamoDB are not as they must be
 * @param awaitsTurn whether its pods are replaced once those of other pipelines were
 */
public record Found(
    QueueState queue,
    OwnedPartitions partitions,
    Map<Component, Deployment> deployments,
    Map<Component, Trouble> troubles,
    Sources sources,
    Optional<Trouble> refused,
    Optional<Trouble> claim,
    Optional<Trouble> table,
    boolean awaitsTurn) {

  public Found {
    deployments = Map.copyOf(deployments);
    troubles = Map.copyOf(troubles);
  }

  /** Nothing stands in the way. */
  public Found(
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      Sources sources) {
    this(queue, partitions, deployments, Map.of(), sources, Optional.empty(), Optional.empty());
  }

  /** With a database, or with tables that are as they must be. */
  public Found(
      QueueState queue,
      OwnedPartitions partitions,
      Map<Component, Deployment> deployments,
      Map<Component, Trouble> troubles,
      Sources sources,
      Optional<Trouble> refused,
      Optional<Trouble> claim) {
    this(
        queue, partitions, deployments, troubles, sources, refused, claim, Optional.empty(), false);
  }
}
