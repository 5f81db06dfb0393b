package io.outboxpipeline.console.cluster;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.outboxpipeline.console.ask.Endpoint;
import io.outboxpipeline.console.model.PipelineSettings;
import io.outboxpipeline.runtime.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The pipelines of some namespaces, or of all, and their pods, by two lists every few seconds. What
 * was known stays while the API server does not answer. Thread-safe.
 */
public final class ClusterPipelines implements Supplier<List<PipelineSettings>>, AutoCloseable {
  /** So soon a pod that has come or gone is known. */
  static final Duration PERIOD = Duration.ofSeconds(2);

  private static final System.Logger LOG = System.getLogger(ClusterPipelines.class.getName());
  private static final String VERSION = "outboxpipeline.io/v1alpha1";
  private static final String KIND = "OutboxPipeline";
  private static final String PIPELINE = "outboxpipeline.io/pipeline";
  private static final String COMPONENT = "app.kubernetes.io/component";
  private static final String MANAGED = "app.kubernetes.io/managed-by=outboxpipeline";

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final Tokens tokens;
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("console-cluster").factory());
  private final Future<?> looking;
  private volatile List<PipelineSettings> known = List.of();
  private volatile String trouble = "";

  /** The admin tokens that relays and consumers of all pipelines take. */
  public record Tokens(Optional<Secret> relay, Optional<Secret> consumer) {}

  /**
   * Begins to look; the first look is done when it returns, whether it found anything or not.
   *
   * @param client is the caller's to close, after this
   * @param namespaces empty for all
   */
  public ClusterPipelines(KubernetesClient client, Set<String> namespaces, Tokens tokens) {
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
    this.tokens = tokens;
    look();
    looking =
        looks.scheduleWithFixedDelay(
            this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public List<PipelineSettings> get() {
    return known;
  }

  private void look() {
    try {
      var found = new ArrayList<PipelineSettings>();
      if (namespaces.isEmpty()) {
        found.addAll(
            of(
                client.genericKubernetesResources(VERSION, KIND).inAnyNamespace().list().getItems(),
                client.pods().inAnyNamespace().withLabelSelector(MANAGED).list().getItems()));
      }
      for (String namespace : namespaces) {
        found.addAll(
            of(
                client
                    .genericKubernetesResources(VERSION, KIND)
                    .inNamespace(namespace)
                    .list()
                    .getItems(),
                client.pods().inNamespace(namespace).withLabelSelector(MANAGED).list().getItems()));
      }
      known = List.copyOf(found);
      trouble = "";
    } catch (KubernetesClientException e) {
      String now = String.valueOf(e.getMessage());
      if (!now.equals(trouble)) {
        trouble = now;
        LOG.log(WARNING, "can''t look for pipelines: {0}", now);
      }
    } catch (RuntimeException e) {
      // The next look must come all the same.
      LOG.log(WARNING, "can''t look for pipelines", e);
    }
  }

  private List<PipelineSettings> of(
      Collection<GenericKubernetesResource> pipelines, Collection<Pod> pods) {
    return pipelines.stream()
        .map(
            p -> {
              String name = p.getMetadata().getName();
              String namespace = p.getMetadata().getNamespace();
              return new PipelineSettings(
                  namespace + "." + name,
                  namespace,
                  name,
                  endpoints(p, pods, "base", Optional.empty()),
                  endpoints(p, pods, "relay", tokens.relay()),
                  endpoints(p, pods, "consumer", tokens.consumer()));
            })
        .toList();
  }

  private static List<Endpoint> endpoints(
      HasMetadata pipeline, Collection<Pod> pods, String component, Optional<Secret> token) {
    return pods.stream()
        .filter(p -> p.getMetadata().getNamespace().equals(pipeline.getMetadata().getNamespace()))
        .filter(p -> pipeline.getMetadata().getName().equals(label(p, PIPELINE)))
        .filter(p -> component.equals(label(p, COMPONENT)))
        .filter(p -> "Running".equals(p.getStatus().getPhase()))
        .flatMap(p -> uri(p).stream())
        .sorted()
        .map(uri -> new Endpoint(uri, token))
        .toList();
  }

  private static String label(Pod pod, String key) {
    return pod.getMetadata().getLabels().getOrDefault(key, "");
  }

  /** The management port; a relay has that port alone, and calls it http. */
  private static Optional<URI> uri(Pod pod) {
    String ip = pod.getStatus().getPodIP();
    if (ip == null || ip.isEmpty()) {
      return Optional.empty();
    }
    List<ContainerPort> ports =
        pod.getSpec().getContainers().stream().flatMap(c -> c.getPorts().stream()).toList();
    return port(ports, "management")
        .or(() -> port(ports, "http"))
        .map(port -> URI.create("http://" + (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port));
  }

  private static Optional<Integer> port(List<ContainerPort> ports, String name) {
    return ports.stream()
        .filter(p -> name.equals(p.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst();
  }

  @Override
  public void close() {
    looking.cancel(true);
    looks.shutdownNow();
  }
}
