package io.outboxpipeline.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.outboxpipeline.operator.api.OutboxPipeline;
import io.outboxpipeline.runtime.Settings;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the chart asks before it takes an operator away: that no pipeline waits for it. One that is
 * being deleted would wait for its finalizer for ever, and its namespace, too.
 *
 * @param namespaces those of the operator; empty for all
 * @param takesPipelines whether the CRD goes, and with it every pipeline
 * @param limit how long pipelines that are being deleted are waited for
 */
record Uninstall(Set<String> namespaces, boolean takesPipelines, Duration limit) {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  static Uninstall read(Settings s) {
    var read =
        new Uninstall(
            OperatorSettings.namespaces(s),
            s.flag("uninstall.takes-pipelines", "UNINSTALL_TAKES_PIPELINES", false),
            s.duration(
                "uninstall.limit",
                "UNINSTALL_LIMIT",
                Duration.ofMinutes(4),
                Duration.ZERO,
                Duration.ofHours(24)));
    s.check();
    return read;
  }

  /**
   * Returns when nothing waits for the operator.
   *
   * @throws IllegalStateException if something does, with what to do
   */
  static void run(Settings settings) throws InterruptedException {
    Uninstall uninstall = read(settings);
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      uninstall.await(client);
    }
  }

  /** The same with this client. */
  void await(KubernetesClient client) throws InterruptedException {
    long until = System.nanoTime() + limit.toNanos();
    List<OutboxPipeline> ending = ending(client);
    while (!ending.isEmpty() && System.nanoTime() < until) {
      Thread.sleep(PERIOD);
      ending = ending(client);
    }
    if (!ending.isEmpty()) {
      throw new IllegalStateException(
          "these are being deleted, and need the operator for that: %s. Wait until they are gone, or see why they are not: kubectl describe obp"
              .formatted(names(ending)));
    }
    List<OutboxPipeline> there = takesPipelines ? all(client) : List.of();
    if (!there.isEmpty()) {
      throw new IllegalStateException(
          "crds.keep is false, so these would be deleted without an operator: %s. Delete them first, or keep the CRD"
              .formatted(names(there)));
    }
  }

  private static String names(List<OutboxPipeline> pipelines) {
    return String.join(
        ", ",
        pipelines.stream()
            .map(p -> p.getMetadata().getNamespace() + "/" + p.getMetadata().getName())
            .toList());
  }

  private List<OutboxPipeline> ending(KubernetesClient client) {
    return all(client).stream()
        .filter(p -> p.getMetadata().getDeletionTimestamp() != null)
        .toList();
  }

  /** Of the operator's namespaces; the CRD that goes is of all. */
  private List<OutboxPipeline> all(KubernetesClient client) {
    try {
      Stream<OutboxPipeline> all =
          client.resources(OutboxPipeline.class).inAnyNamespace().list().getItems().stream();
      return all.filter(
              p ->
                  takesPipelines
                      || namespaces.isEmpty()
                      || namespaces.contains(p.getMetadata().getNamespace()))
          .toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return List.of(); // The CRD is gone.
      }
      throw e;
    }
  }
}
