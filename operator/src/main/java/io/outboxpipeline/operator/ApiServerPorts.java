package io.outboxpipeline.operator;

import static java.lang.System.Logger.Level.WARNING;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;

/** At which ports the API server is reached by pods. */
final class ApiServerPorts {
  private static final System.Logger LOG = System.getLogger(ApiServerPorts.class.getName());

  /** The Service's, and those that API servers mostly listen at themselves. */
  private static final List<Integer> USUAL = List.of(443, 6443);

  private ApiServerPorts() {}

  /**
   * Those that the API server tells of itself, because most networks look at the port behind the
   * Service; the usual ones, too, so that a right that is missing stops no pipeline.
   */
  static NavigableSet<Integer> of(KubernetesClient client) {
    var ports = new TreeSet<>(USUAL);
    try {
      EndpointSlice slice =
          client
              .discovery()
              .v1()
              .endpointSlices()
              .inNamespace("default")
              .withName("kubernetes")
              .get();
      if (slice != null) {
        slice.getPorts().stream()
            .map(EndpointPort::getPort)
            .filter(Objects::nonNull)
            .forEach(ports::add);
      }
    } catch (KubernetesClientException e) {
      LOG.log(
          WARNING,
          "the API server does not say where it listens; network policies have {0}: {1}",
          ports,
          e.getMessage());
    }
    return Collections.unmodifiableNavigableSet(ports);
  }
}
