package io.outboxpipeline.operator.status;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a Deployment says of its pods.
 *
 * @param current whether its controller has seen its latest spec
 * @param wanted how many pods it ought to have
 * @param updated how many have the latest template
 */
record Rollout(
    boolean current,
    int wanted,
    int replicas,
    int updated,
    int available,
    int ready,
    String image) {

  static Rollout of(Deployment deployment) {
    DeploymentStatus status = deployment.getStatus();
    String image =
        deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
    int wanted = number(deployment.getSpec().getReplicas());
    if (status == null) {
      return new Rollout(false, wanted, 0, 0, 0, 0, image);
    }
    return new Rollout(
        Objects.equals(status.getObservedGeneration(), deployment.getMetadata().getGeneration()),
        wanted,
        number(status.getReplicas()),
        number(status.getUpdatedReplicas()),
        number(status.getAvailableReplicas()),
        number(status.getReadyReplicas()),
        image);
  }

  /**
   * Whether a pod is available, of whichever template: an older one serves until it is replaced.
   */
  boolean serves() {
    return wanted > 0 && available > 0;
  }

  /** Whether there is nothing left to roll out. */
  boolean complete() {
    return current && updated == wanted && replicas == wanted && available == wanted;
  }

  private static int number(@Nullable Integer value) {
    return Optional.ofNullable(value).orElse(0);
  }
}
