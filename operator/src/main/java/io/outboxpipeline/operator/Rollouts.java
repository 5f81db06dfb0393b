package io.outboxpipeline.operator;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Of how many pipelines the pods are replaced at once because the operator is another one. What a
 * person changes in a spec does not wait. Thread-safe.
 *
 * <p>What the last pass over a pipeline saw decides whether it takes a place. Of pipelines that no
 * pass has seen yet, because this process is new, the cluster is asked.
 */
final class Rollouts {
  private final int limit;
  private final Consumer<ResourceID> wake;
  private final Map<ResourceID, Boolean> seen = new HashMap<>();
  private final Set<ResourceID> changed = new HashSet<>();
  private final Set<ResourceID> waiting = new LinkedHashSet<>();

  /**
   * @param limit how many pipelines
   * @param wake is told whose turn it is
   */
  Rollouts(int limit, Consumer<ResourceID> wake) {
    this.limit = limit;
    this.wake = wake;
  }

  /** The spec is another one: what it changes does not wait until all of it is applied. */
  synchronized void specChanged(ResourceID pipeline) {
    changed.add(pipeline);
  }

  /**
   * Whether a pipeline's pods may be replaced now; if not, it is told when they may.
   *
   * @param inCluster the pipelines whose Deployments say that pods are being replaced
   */
  synchronized boolean begin(ResourceID pipeline, Supplier<Set<ResourceID>> inCluster) {
    if (changed.contains(pipeline) || mayRoll(pipeline, inCluster.get())) {
      waiting.remove(pipeline);
      seen.put(pipeline, true);
      return true;
    }
    waiting.add(pipeline);
    return false;
  }

  private boolean mayRoll(ResourceID pipeline, Set<ResourceID> inCluster) {
    var rolling = new HashSet<>(inCluster);
    rolling.removeAll(seen.keySet());
    seen.forEach(
        (other, rolls) -> {
          if (rolls) {
            rolling.add(other);
          }
        });
    return rolling.contains(pipeline) || rolling.size() < limit;
  }

  /**
   * What a pass saw of a pipeline, after it applied what it may.
   *
   * @param rolls whether its pods are being replaced, and get on: one that is stuck gives its place
   *     back
   * @param left whether a Deployment is not yet as it ought to be
   */
  void saw(ResourceID pipeline, boolean rolls, boolean left, Supplier<Set<ResourceID>> inCluster) {
    next(pipeline, rolls, left, inCluster).ifPresent(wake);
  }

  private synchronized Optional<ResourceID> next(
      ResourceID pipeline, boolean rolls, boolean left, Supplier<Set<ResourceID>> inCluster) {
    seen.put(pipeline, rolls);
    if (!left) {
      changed.remove(pipeline);
      waiting.remove(pipeline);
    }
    Optional<ResourceID> first = waiting.stream().findFirst();
    return first.filter(f -> mayRoll(f, inCluster.get()));
  }

  /** The pipeline ends. */
  synchronized void forget(ResourceID pipeline) {
    seen.remove(pipeline);
    changed.remove(pipeline);
    waiting.remove(pipeline);
  }
}
