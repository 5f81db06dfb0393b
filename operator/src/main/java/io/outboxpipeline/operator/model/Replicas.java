package io.outboxpipeline.operator.model;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many pods a Deployment is applied with when the spec leaves it to others. A field that was
 * applied once and is then left out falls to the API server's default of one pod; so the number
 * that is there is applied on, until another manager owns it.
 */
final class Replicas {
  private static final int FIRST = 2;

  private Replicas() {}

  /**
   * The number to apply; empty when it is another's.
   *
   * @param manager who applies for us
   */
  static Optional<Integer> leftOut(@Nullable Deployment there, String manager) {
    if (there == null) {
      return Optional.of(FIRST);
    }
    boolean othersOwn =
        Optional.ofNullable(there.getMetadata().getManagedFields()).stream()
            .flatMap(f -> f.stream())
            .anyMatch(f -> !manager.equals(f.getManager()) && ownsReplicas(f));
    return othersOwn
        ? Optional.empty()
        : Optional.ofNullable(there.getSpec().getReplicas()).or(() -> Optional.of(FIRST));
  }

  private static boolean ownsReplicas(ManagedFieldsEntry entry) {
    return entry.getFieldsV1() != null
        && entry.getFieldsV1().getAdditionalProperties().get("f:spec") instanceof Map<?, ?> spec
        && spec.containsKey("f:replicas");
  }
}
