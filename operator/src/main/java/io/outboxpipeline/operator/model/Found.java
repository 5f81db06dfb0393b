package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Map;

/**
 * What was found of a pipeline.
 *
 * @param deployments those that exist
 * @param refused why the API server did not take an object, such as a quota; empty if it took all
 */
public record Found(
    QueueState queue,
    Partitions partitions,
    Map<Component, Deployment> deployments,
    Sources sources,
    String refused) {

  public Found {
    deployments = Map.copyOf(deployments);
  }
}
